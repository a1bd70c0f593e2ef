import { Attempts } from '../../contract/attempts.ts';
import { control } from '../../contract/control.ts';
import { reported } from '../../contract/inside.ts';
import { judge } from './judge.ts';
import { SCRIPT, STATEMENTS } from './script.ts';

/** The tenant's own user tries to become more than it is, on its own server. */
export default control({
  id: 'data/tenant-superuser',
  claims: ['DAT-1'],
  sentence:
    "A tenant's database user can become no other user, run no program, reach no file and change no server.",
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  attack: (tools) => reported(tools, 'a', SCRIPT, Attempts, STATEMENTS),
  judge,
  restore: async () => {},
});
