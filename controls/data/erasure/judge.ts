import { z } from 'zod';
import { broken, few, held, inconclusive, judging, notApplicable } from '../../contract/judging.ts';

const World = z.object({
  /** Why it was not begun; null: it was. */
  refused: z.string().nullable(),
  kept: z.boolean(),
  /** How the erasure stands at the end, and whether a certificate came of it. */
  state: z.string().nullable(),
  certificate: z.boolean(),
  /** What the former owner's requests are answered with. */
  project: z.int().nullable(),
  app: z.int().nullable(),
  places: z
    .array(z.object({ place: z.string(), bytes: z.int(), hits: z.int(), unread: z.string().nullable() }))
    .nullable(),
});

/** In a neighbour that keeps the same string: here it has to be found, or the search is blind. */
const UNLOCKED = 'unlocked';
const GONE = new Set([403, 404]);

export const judge = judging(World, ({ refused, kept, state, certificate, project, app, places }) => {
  if (refused === 'not_there') return notApplicable('the platform erases no projects');
  if (refused !== null) return inconclusive(`the erasure was refused: ${refused}`);
  if (!kept) return inconclusive('nothing was stored that could be erased');
  const hit = (places ?? []).filter(({ place, hits }) => place !== UNLOCKED && hits > 0);
  if (hit.length > 0) return broken(`found after the erasure: ${few(hit.map(({ place }) => place))}`);
  if (state !== 'done') return inconclusive(`the erasure is ${state ?? 'not known'}`);
  if (project !== null && !GONE.has(project)) return broken(`the project still answers ${project}`);
  if (app === 200) return broken('the app still answers');
  if (!certificate) return broken('no certificate was issued');
  if (project === null || places === null) return inconclusive('nobody looked afterwards');
  if (!places.some(({ place, hits }) => place === UNLOCKED && hits > 0))
    return inconclusive('the search is blind');
  const unread = places.filter(({ unread: why }) => why !== null);
  if (unread.length > 0) return inconclusive(`not readable: ${few(unread.map(({ place }) => place))}`);
  return held(`erased, certified, gone, and found in none of ${places.length - 1} places`);
});
