import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  canaries: z.array(z.object({ project: z.string(), answers: z.boolean(), lacks: z.array(z.string()) })),
});

/** Two neighbours, whole: else the other controls attack less than they say. */
export const judge = judging(World, ({ canaries }) => {
  if (canaries.length < 2) return inconclusive('there are no two canary projects');
  const lacking = canaries.flatMap(({ project, lacks }) => lacks.map((part) => `${project} lacks ${part}`));
  if (lacking.length > 0) return broken(few(lacking));
  const silent = canaries.filter(({ answers }) => !answers).map(({ project }) => project);
  if (silent.length > 0) return broken(`does not answer: ${few(silent)}`);
  return held('two neighbours, each with app, database and volume');
});
