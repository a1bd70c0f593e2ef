import { expect, test } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import * as commands from './commands.ts';

const access = {
  directory: '/run/x',
  cache: undefined,
  repository: new Secret('rest:https://u:p@vault/'),
  key: new Secret('k'),
};
const said = (command: { argv: readonly string[] }) => command.argv.join(' ');
const HEAD =
  'setpriv --pdeathsig KILL restic --repository-file /run/x/repository --password-file /run/x/key --cacert /run/x/ca.pem --no-cache';

test('the exact argv', () => {
  expect(said(commands.init(access))).toBe(`${HEAD} init`);
  expect(said(commands.backupStream(access, 'dump.sql', ['kind:dump', 'run:1']))).toBe(
    `${HEAD} --json backup --host bastide --tag kind:dump --tag run:1 --stdin --stdin-filename dump.sql`,
  );
  expect(said(commands.check(access, undefined))).toBe(`${HEAD} --no-lock check`);
  expect(said(commands.check(access, { part: 3, of: 7 }))).toBe(
    `${HEAD} --no-lock check --read-data-subset=3/7`,
  );
  expect(said(commands.check(access, { part: 1, of: 1 }))).toBe(`${HEAD} --no-lock check --read-data`);
  expect(said(commands.dump(access, 'id', '/dump.sql'))).toBe(`${HEAD} --no-lock --quiet dump id /dump.sql`);
});

test('what walks through a tree of others is alone with it', () => {
  const of = { paths: ['/v/a', '-b'], seeing: ['/v'], tags: [] };
  const backup = commands.backupPaths(access, of);
  const world = (capabilities: string, bound: string) =>
    [
      `bwrap --die-with-parent --cap-drop ALL ${capabilities} --tmpfs /tmp`,
      ...['/run', '/run/x', '/usr', '/usr/bin'].map((path) => `--perms 0755 --dir ${path}`),
      '--ro-bind /usr/lib /usr/lib --ro-bind-try /usr/lib64 /usr/lib64',
      '--symlink usr/lib /lib --symlink usr/lib64 /lib64',
      '--ro-bind /usr/bin/restic /usr/bin/restic',
      '--ro-bind-try /etc/resolv.conf /etc/resolv.conf --ro-bind-try /etc/hosts /etc/hosts',
      '--ro-bind-try /etc/nsswitch.conf /etc/nsswitch.conf',
      `--ro-bind /run/x/ca.pem /run/x/ca.pem ${bound} --chdir /`,
      '-- restic --cacert /run/x/ca.pem --no-cache',
    ].join(' ');
  expect(said(backup)).toBe(
    `${world('--cap-add CAP_DAC_READ_SEARCH', '--ro-bind /v /v')} --json backup --host bastide --force -- /v/a -b`,
  );
  expect(backup.env).toEqual({ RESTIC_REPOSITORY: access.repository, RESTIC_PASSWORD: access.key });
  const parent = 'f'.repeat(64);
  expect(said(commands.backupPaths(access, { ...of, parent }))).toContain(`--parent ${parent} -- /v/a`);
  const capabilities =
    '--cap-add CAP_CHOWN --cap-add CAP_DAC_OVERRIDE --cap-add CAP_FOWNER --cap-add CAP_FSETID';
  expect(
    said(commands.restore(access, 'id', { target: '/to', writes: ['/to'], include: ['/a/b[1]*?\\'] })),
  ).toBe(
    `${world(capabilities, '--bind /to /to')} --no-lock restore id --verify --target /to --include /a/b\\[1\\]\\*\\?\\\\`,
  );
});

test('a cache is kept only where one was named', () => {
  expect(said(commands.unlock({ ...access, cache: '/c' }))).toContain('--cache-dir /c unlock');
});
