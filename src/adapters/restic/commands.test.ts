import { expect, test } from 'vitest';
import * as commands from './commands.ts';

const access = { directory: '/run/x', cache: undefined };
const said = (command: { argv: readonly string[] }) => command.argv.join(' ');
const HEAD =
  'setpriv --pdeathsig KILL restic --repository-file /run/x/repository --password-file /run/x/key --cacert /run/x/ca.pem --no-cache';

test('the exact argv', () => {
  expect(said(commands.init(access))).toBe(`${HEAD} init`);
  expect(said(commands.backupStream(access, 'dump.sql', ['kind:dump', 'run:1']))).toBe(
    `${HEAD} --json backup --host bastide --tag kind:dump --tag run:1 --stdin --stdin-filename dump.sql`,
  );
  expect(said(commands.backupPaths(access, ['/a', '-b'], [], undefined))).toBe(
    `${HEAD} --json backup --host bastide --force -- /a -b`,
  );
  expect(said(commands.backupPaths(access, ['/a'], [], 'f'.repeat(64)))).toContain(
    `--parent ${'f'.repeat(64)} -- /a`,
  );
  expect(said(commands.check(access, undefined))).toBe(`${HEAD} --no-lock check`);
  expect(said(commands.check(access, { part: 3, of: 7 }))).toBe(
    `${HEAD} --no-lock check --read-data-subset=3/7`,
  );
  expect(said(commands.check(access, { part: 1, of: 1 }))).toBe(`${HEAD} --no-lock check --read-data`);
  expect(said(commands.dump(access, 'id', '/dump.sql'))).toBe(`${HEAD} --no-lock --quiet dump id /dump.sql`);
  expect(said(commands.restore(access, 'id', '/to', ['/a']))).toBe(
    `${HEAD} --no-lock restore id --verify --target /to --include /a`,
  );
});

test('a cache is kept only where one was named', () => {
  expect(said(commands.unlock({ ...access, cache: '/c' }))).toContain('--cache-dir /c unlock');
});
