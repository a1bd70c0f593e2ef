import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({ asked: z.int(), open: z.array(z.int()), allowed: z.array(z.int()) });
const ALL = 65_535;

export const judge = judging(World, ({ asked, open, allowed }) => {
  const extra = open.filter((port) => !allowed.includes(port));
  if (extra.length > 0) return broken(`open besides the edge: ${few(extra.map(String))}`);
  if (!open.includes(443)) return inconclusive('the edge does not answer on 443 from here');
  if (asked < ALL) return inconclusive(`only ${asked} ports were asked`);
  return held(`${asked} ports asked, open: ${open.join(', ')}`);
});
