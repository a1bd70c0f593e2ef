import { z } from 'zod';
import { broken, held, inconclusive, judging } from '../../contract/judging.ts';

const Keys = z.array(
  z.object({
    generation: z.int(),
    state: z.enum(['current', 'old', 'compromised', 'destroyed']),
    createdAt: z.iso.datetime(),
  }),
);
const World = z.object({
  now: z.int(),
  before: Keys,
  after: Keys,
  /** How the rotation ended. */
  rotation: z.string(),
  /** Requests of the app, through its database, while the key was replaced. */
  requests: z.object({ asked: z.int(), failed: z.int() }),
  /** Whether what was stored before is still read, and something new kept and read. */
  old: z.boolean(),
  fresh: z.boolean(),
});

const DAY = 86_400_000;
/** The schedule's 90 days and a week. */
const OLDEST = 97 * DAY;
const current = (keys: z.infer<typeof Keys>) => keys.filter(({ state }) => state === 'current');

/** A new generation in the place of the old one, and nobody noticed. */
export const judge = judging(World, ({ now, before, after, rotation, requests, old, fresh }) => {
  const [was] = current(before);
  const [is, second] = current(after);
  if (!was) return inconclusive('the project has no key to rotate');
  if (now - Date.parse(was.createdAt) > OLDEST)
    return broken(`the key was not rotated by itself for more than 97 days`);
  if (rotation !== 'succeeded') return inconclusive(`the rotation ${rotation}`);
  if (!is || is.generation <= was.generation)
    return broken('the rotation says that it succeeded, and the key is the same');
  if (second) return broken('two generations are current at the same time');
  if (!old) return broken('what was stored before is not read any more');
  if (!fresh) return broken('nothing new is kept after the rotation');
  if (requests.asked === 0) return inconclusive('nobody asked the app meanwhile');
  if (requests.failed > 0) return broken(`${requests.failed} of ${requests.asked} requests failed meanwhile`);
  return held(
    `generation ${was.generation} to ${is.generation}, ${requests.asked} requests meanwhile, none failed`,
  );
});
