import { ownersView } from '../../contract/backups.ts';
import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/** The age of the newest backup of each database and volume of a canary project, against the policy that it has. */
export default control({
  id: 'data/backup-age',
  claims: ['DAT-5'],
  sentence: 'Every database and volume has a backup that is no older than its policy allows.',
  when: 'anytime',
  everyHours: 6,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const { database, volume } = tools.canary('a');
    const { backups, schedules, ...rest } = await ownersView(tools);
    return {
      ...rest,
      sources: [database, volume],
      schedules: schedules.map(({ source, everyHours }) => ({ source, everyHours })),
      backups: backups.map(({ source, takenAt, verdict }) => ({ source, takenAt, verdict })),
    };
  },
  judge,
  restore: async () => {},
});
