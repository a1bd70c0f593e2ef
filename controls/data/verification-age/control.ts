import { ownersView } from '../../contract/backups.ts';
import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/** When the backups of a canary database were last checked in the vault, and last restored and compared. */
export default control({
  id: 'data/verification-age',
  claims: ['DAT-9'],
  sentence:
    'Every database has a backup that was checked within two days and restored and compared within the week, and none is broken.',
  when: 'anytime',
  everyHours: 12,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const { schedules: _, ...seen } = await ownersView(tools);
    return { ...seen, databases: [tools.canary('a').database] };
  },
  judge,
  restore: async () => {},
});
