import { z } from 'zod';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  /** How the edge answered on 443: the platform can be reached from here at all. */
  edge: z.enum(['open', 'closed', 'silent', 'unreachable']),
  ports: z.array(z.object({ port: z.int(), answer: z.enum(['open', 'closed', 'silent', 'unreachable']) })),
});

export const judge = judging(World, ({ edge, ports }) => {
  const open = ports.filter(({ answer }) => answer === 'open').map(({ port }) => String(port));
  if (open.length > 0) return broken(`answer from outside, with no grant: ${few(open)}`);
  if (edge !== 'open') return inconclusive(`the edge is ${edge} from here, so nothing is known of the rest`);
  if (ports.length === 0) return inconclusive('no port was asked');
  return held(`${ports.length} ports of databases and gateways, none answers`);
});
