import { control } from '../../contract/control.ts';
import { masked } from '../../contract/masking.ts';
import { judge } from './judge.ts';

const read = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return { body: body.slice(0, 200) };
  }
};

/**
 * A random string goes in through the canary app, into its database and onto its volume, and is then searched byte by
 * byte, also encoded, wherever this machine and its vault keep anything. The agent searches and answers counts; the
 * string travels to it in two halves, so that it lies in no row of the platform's own database.
 */
export default control({
  id: 'data/canary-hunt',
  claims: ['DAT-3'],
  sentence:
    'What an app stores lies nowhere in clear: not on the raw disk, in a container layer, the registry, a log, a process list, swap or the vault.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async (tools) => ({ text: tools.token(), app: `https://${tools.canary('a').host}` }),
  async attack(tools, { text, app }) {
    const kept = await tools.web(`${app}/notes`, { method: 'POST', body: text });
    // A backup of it has to be in the vault, or the vault is searched for nothing.
    const { project } = tools.canary('a');
    const backup = await tools.change('a', 'POST', `/v1/projects/${project}/backups`, {});
    const seen = (await tools.observe('search', {
      token: masked(text, tools.token() + tools.token()),
    })) as object;
    const found = await tools.web(`${app}/find`, { method: 'POST', body: text });
    return {
      kept: read(kept.body),
      found: read(found.body),
      backup: backup.refused ?? backup.status,
      ...seen,
    };
  },
  judge,
  restore: async () => {},
});
