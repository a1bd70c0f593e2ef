import { describe, expect, it } from 'vitest';
import { baseBackup, freeze, psqlServer, thaw, unpack } from './commands.ts';
import { renderRecovery } from './render.ts';

describe('what a replaying server is told', () => {
  it('is the moment, to the millisecond, in UTC', () => {
    expect(renderRecovery(new Date('2026-11-22T04:30:05.250Z'))).toBe(`
archive_mode = 'off'
restore_command = 'cp /wal/%f %p'
recovery_target_time = '2026-11-22 04:30:05.250+00'
recovery_target_inclusive = 'true'
recovery_target_action = 'promote'
recovery_target_timeline = 'latest'
`);
  });

  it('is no moment where it replays to the end', () => {
    expect(renderRecovery(null)).not.toContain('recovery_target_time =');
  });
});

it('builds its commands as lists', () => {
  expect(freeze('/m').argv).toEqual(['fsfreeze', '--freeze', '/m']);
  expect(thaw('/m').argv).toEqual(['fsfreeze', '--unfreeze', '/m']);
  expect(baseBackup().join(' ')).toBe(
    'pg_basebackup -h /run/postgresql -U postgres --no-password --pgdata=- --format=tar --wal-method=fetch --checkpoint=fast --label=bastide',
  );
  expect(psqlServer().join(' ')).toBe(
    'psql -X -A -t -q -v ON_ERROR_STOP=1 -h /run/postgresql -U postgres -d postgres -f -',
  );
  const { argv } = unpack('/d', 100070);
  expect(argv.slice(0, 8).join(' ')).toBe(
    'bwrap --die-with-parent --cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID',
  );
  expect(argv.join(' ')).toContain(
    ' --bind /d /d --chdir / -- setpriv --reuid=100070 --regid=100070 --clear-groups -- tar --extract --file=- --directory=/d --no-same-owner',
  );
});
