import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/**
 * The agent, with the credentials that the machine holds, asks each vault to delete, overwrite and forget the canary's
 * backups, and answers the status codes and whether what it attacked is still the same.
 */
export default control({
  id: 'data/vault-append-only',
  claims: ['DAT-8'],
  sentence:
    'With every credential that the machine holds, no backup in a vault can be deleted, overwritten or forgotten.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  async arrange(tools) {
    // Something has to be there to be attacked; a refusal to make it shows in the look.
    await tools.change('a', 'POST', `/v1/projects/${tools.canary('a').project}/backups`, {});
  },
  attack: (tools) => tools.observe('vault-tamper', {}),
  judge,
  restore: async () => {},
});
