import { z } from 'zod';
import { Attempt, judgeAttempts } from '../../contract/attempts.ts';
import { inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  works: z.array(z.object({ what: z.string(), ok: z.boolean(), said: z.string() })),
  /** Routes that ask for a right. */
  routes: z.int().max(2000),
  /** Attempts that were refused. */
  refused: z.int().max(10_000),
  /** Attempts that were not, or whose end is not known. */
  others: z.array(Attempt),
});

/** Fewer routes than any platform has: the description was not read. */
const FEW = 50;

/** Everybody who has no right was refused at every route, and there were routes to try. */
export const judge = judging(World, ({ works, routes, refused, others }) => {
  const said = { what: 'the rest', refused: true, said: '' };
  const judged = judgeAttempts({ works, attempts: [...others, ...Array(refused).fill(said)] });
  if (judged.verdict !== 'held') return judged;
  if (routes < FEW) return inconclusive(`only ${routes} routes were found`);
  return { ...judged, reason: `${refused} attempts at ${routes} routes, all refused` };
});
