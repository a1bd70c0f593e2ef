import { z } from 'zod';
import { broken, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  tries: z.int(),
  /** Tries that were told to wait. */
  waits: z.int(),
  /** Whether a guess was taken. */
  taken: z.boolean(),
  /** How the first guess was refused. */
  first: z.string().nullable(),
  /** Status of who is signed in, before and after. */
  before: z.int(),
  after: z.int(),
});

/** Tries that anybody may need who mistypes. */
const FREE = 40;

export const judge = judging(World, ({ tries, waits, taken, first, before, after }) => {
  if (taken) return broken('a guess was taken');
  if (before !== 200) return inconclusive(`who is signed in was answered ${before} before`);
  if (after !== 200) return broken(`who was signed in is answered ${after} since`);
  if (waits > 0)
    return tries > FREE ? broken(`only try ${tries} had to wait`) : held(`try ${tries} had to wait`);
  if (first === null) return inconclusive('no guess was answered');
  if (tries <= FREE) return inconclusive(`only ${tries} tries were made`);
  return broken(`${tries} tries, and none had to wait`);
});
