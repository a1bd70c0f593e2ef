import { z } from 'zod';
import { Attempts } from '../../contract/attempts.ts';
import { control } from '../../contract/control.ts';
import { reported } from '../../contract/inside.ts';
import { judge } from './judge.ts';
import { SCRIPT, WHERE } from './script.ts';

const Where = z.object({
  host: z.string(),
  database: z.string(),
  addresses: z.array(z.string()),
  ok: z.boolean(),
});

/** Neighbour a takes its own credentials to b's database, by name and by address, and to everything else of its server. */
export default control({
  id: 'data/neighbour-credentials',
  claims: ['DAT-1'],
  sentence:
    "A project's database credentials open its own database, over TLS, as one user, and nothing else anywhere.",
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: (tools) => reported(tools, 'b', WHERE, Where),
  async attack(tools, where) {
    const seen = await reported(tools, 'a', SCRIPT, Attempts, where);
    const there = { what: 'b in its own database', ok: where.ok, said: where.host };
    return { works: [there, ...seen.works], attempts: seen.attempts };
  },
  judge,
  restore: async () => {},
});
