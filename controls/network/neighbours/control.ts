import { z } from 'zod';
import { Attempt } from '../../contract/attempts.ts';
import { control } from '../../contract/control.ts';
import { reported } from '../../contract/inside.ts';
import { judge } from './judge.ts';
import { SCRIPT, WHERE } from './script.ts';

const Where = z.object({
  targets: z.array(z.object({ name: z.string(), address: z.string(), port: z.int(), said: z.string() })),
  own: z.array(z.string()),
});

/** b looks up its own app and database and connects to them; a then tries the same names and addresses. */
export default control({
  id: 'network/neighbours',
  claims: ['NET-1'],
  sentence:
    "No container of one project reaches another project's, by name or by address, on one machine either.",
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const { app, database } = tools.canary('b');
    const names = [
      { name: `${database}.db`, port: 5432 },
      { name: `web.${app}`, port: 8080 },
      { name: app, port: 8080 },
    ];
    const { targets } = await reported(tools, 'b', WHERE, Where, names);
    const open = targets.filter(({ said }) => said === 'open');
    const attempts = await reported(tools, 'a', SCRIPT, z.array(Attempt), open);
    return {
      works: [
        {
          what: 'b reaches something of its own',
          ok: open.length > 0,
          said: open.map(({ name }) => name).join(' '),
        },
      ],
      attempts,
    };
  },
  judge,
  restore: async () => {},
});
