import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  /** Milliseconds until what was done stood in the log, sealed; null: it never did. */
  sealedAfterMs: z.number().nullable(),
  entries: z.int(),
  /** Places of entries that are not what was sealed, or not in the signed tree. */
  unproven: z.array(z.int()),
  /** Whether the checkpoint is signed by the log's key. */
  signed: z.boolean(),
  /** Attempts to change the log, and how the API answered. */
  attempts: z.array(z.object({ attempt: z.string(), status: z.int() })),
});

/** What was done is in the log within a minute, each entry is in the signed tree, and nobody has a way to change one. */
export const judge = judging(World, ({ sealedAfterMs, entries, unproven, signed, attempts }) => {
  const done = attempts.filter(({ status }) => status < 400);
  if (done.length > 0) return broken(`the API took it: ${few(done.map(({ attempt }) => attempt))}`);
  if (entries === 0 && sealedAfterMs === null) return inconclusive('the log of the canary has no entries');
  if (sealedAfterMs === null) return broken('what was done did not come into the sealed log within a minute');
  if (!signed) return broken('the checkpoint is not signed by the key of the log');
  if (unproven.length > 0) return broken(`not as they were sealed: entries ${few(unproven.map(String))}`);
  if (attempts.length === 0) return inconclusive('no change was tried');
  if (attempts.some(({ status }) => status >= 500)) return inconclusive('the API did not answer an attempt');
  return held(
    `${entries} entries proven in the signed tree, the newest after ${sealedAfterMs} ms; ${attempts.length} changes refused`,
  );
});
