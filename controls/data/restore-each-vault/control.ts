import { z } from 'zod';
import { control } from '../../contract/control.ts';
import { reported } from '../../contract/inside.ts';
import type { Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';

const Backups = z.object({
  backups: z.array(z.object({ id: z.string(), source: z.string(), kind: z.string(), vault: z.string() })),
});

const FIND = `
import pg from 'pg';
const client = new pg.Client({ connectionString: process.env[input.variable], connectionTimeoutMillis: 10000 });
await client.connect();
const { rows } = await client.query('select count(*)::int as n from notes where note = $1', [input.text]);
await client.end();
report(rows[0].n > 0);
`;

const nameOf = (index: number): string => `restored-${index}`;

async function remove(tools: Tools, name: string): Promise<void> {
  await tools.change('a', 'DELETE', `/v1/databases/${name}/attachments/${tools.canary('a').app}`);
  await tools.change('a', 'DELETE', `/v1/databases/${name}?backup=no`);
}

/** Restores the newest backup of a canary's database from each vault, beside the database, and looks into each. */
export default control({
  id: 'data/restore-each-vault',
  claims: ['DAT-6', 'DAT-9'],
  sentence:
    'Backups are kept at several places, and each alone brings a database back with what was stored last.',
  when: 'drill',
  everyHours: 168,
  position: 'anywhere',
  arrange: async (tools) => ({ text: tools.token(), made: [] as string[] }),
  async attack(tools, { text, made }) {
    const { project, app, database, host } = tools.canary('a');
    await tools.web(`https://${host}/notes`, { method: 'POST', body: text });
    const backup = await tools.change('a', 'POST', `/v1/projects/${project}/backups`, { source: database });
    if (backup.status !== 'succeeded')
      return {
        refused:
          backup.failure === 'backup_no_vault'
            ? 'no_vault'
            : (backup.refused ?? backup.failure ?? backup.status),
        restores: [],
      };
    const listed = await tools.api(
      'a',
      'GET',
      `/v1/projects/${project}/backups?source=${database}&kind=dump`,
    );
    // Newest first: the first of each vault.
    const newest = new Map<string, string>();
    for (const one of Backups.parse(listed.body).backups)
      if (!newest.has(one.vault)) newest.set(one.vault, one.id);
    const restores = [];
    for (const [index, [vault, id]] of [...newest].entries()) {
      const name = nameOf(index);
      made.push(name);
      const body = { source: database, backup: id, as: name };
      const restored = await tools.change(
        'a',
        'POST',
        `/v1/projects/${project}/backups/restore`,
        body,
        1_800_000,
      );
      const status = restored.refused ?? restored.failure ?? restored.status;
      let found: boolean | null = null;
      if (status === 'succeeded') {
        await tools.change('a', 'POST', `/v1/databases/${name}/attachments`, { app });
        const input = { variable: `${name.toUpperCase().replaceAll('-', '_')}_URL`, text };
        found = await reported(tools, 'a', FIND, z.boolean(), input).catch(() => null);
      }
      restores.push({ vault, status, found });
    }
    return { refused: null, restores };
  },
  judge,
  async restore(tools, { made }) {
    for (const name of made) await remove(tools, name);
  },
});
