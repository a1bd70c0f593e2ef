import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/** The agent opens b's repository with b's key, which has to work, and then with a's. */
export default control({
  id: 'data/foreign-key',
  claims: ['DAT-7'],
  sentence: "One project's key opens none of another project's backups.",
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  async arrange(tools) {
    for (const side of ['a', 'b'] as const)
      await tools.change(side, 'POST', `/v1/projects/${tools.canary(side).project}/backups`, {});
  },
  attack: (tools) => tools.observe('vault-keys', {}),
  judge,
  restore: async () => {},
});
