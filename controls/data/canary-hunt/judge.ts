import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  /** The app says that it kept the string, and where. */
  kept: z.object({ database: z.boolean(), volume: z.boolean() }),
  /** The app finds it again after the search. */
  found: z.object({ database: z.boolean(), volume: z.boolean() }),
  places: z.array(
    z.object({ place: z.string(), bytes: z.int(), hits: z.int(), unread: z.string().nullable() }),
  ),
});

/** Searched with the key at hand: here it has to be found, or the search is blind. */
export const UNLOCKED = 'unlocked';
/** Without these a search proves nothing about rest. */
const NEEDED = ['project-image', 'engine', 'processes'];

/** Found anywhere but through the key is broken. Found nowhere counts only where the search is known to see. */
export const judge = judging(World, ({ kept, found, places }) => {
  const closed = places.filter(({ place }) => place !== UNLOCKED);
  const hit = closed.filter(({ hits }) => hits > 0);
  if (hit.length > 0)
    return broken(`found in clear: ${few(hit.map(({ place, hits }) => `${place} (${hits})`))}`);
  if (!kept.database) return inconclusive('the app could not keep the string in its database');
  if (!found.database) return inconclusive('the app does not find the string again');
  const unlocked = places.find(({ place }) => place === UNLOCKED);
  if (!unlocked || unlocked.hits === 0)
    return inconclusive('the search does not find it where it lies unlocked, so it would find it nowhere');
  const missing = NEEDED.filter((name) => !closed.some(({ place, bytes }) => place === name && bytes > 0));
  if (missing.length > 0) return inconclusive(`not searched: ${few(missing)}`);
  const unread = closed.filter(({ unread: why }) => why !== null);
  if (unread.length > 0)
    return inconclusive(`not readable: ${few(unread.map(({ unread: why }) => why ?? ''))}`);
  const gib = closed.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 ** 3;
  return held(
    `${gib.toFixed(1)} GiB in ${closed.length} places, found nowhere; ${unlocked.hits} times with the key`,
  );
});
