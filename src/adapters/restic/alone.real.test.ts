import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { startVault, type TestVault } from '../../vault/testbed.ts';
import { confined } from '../exec/confined.ts';
import type { Piper } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import type { VaultAccess } from '../vault/port.ts';
import { makeRestic } from './restic.ts';

let top: string;
let vault: TestVault;
let access: VaultAccess;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'bastide-alone-'));
  vault = await startVault();
  access = await vault.platform('shop');
});
afterAll(async () => {
  await vault.stop();
  await rm(top, { recursive: true });
});

it('what is read through a link in a tree is the world of the tree alone', async () => {
  const [tree, host] = [join(top, 'tree'), join(top, 'host')];
  for (const one of [tree, host]) await mkdir(one);
  await writeFile(join(host, 'secret'), 'CANARY');
  await symlink(host, join(tree, 'away'));
  await symlink('/proc/1', join(tree, 'process'));
  await symlink('/etc/shadow', join(tree, 'shadow'));
  const look = async (path: string) => {
    const view = { programs: ['cat'], reads: [tree], writes: [], capabilities: ['CAP_DAC_READ_SEARCH'] };
    return must(await runner.run({ argv: confined(view, ['cat', path]) })).code;
  };
  await writeFile(join(tree, 'mine'), 'mine');
  expect(await look(join(tree, 'mine'))).toBe(0);
  for (const path of ['away/secret', 'process/environ', 'shadow'])
    expect(await look(join(tree, path)), path).not.toBe(0);
});

it('a backup of a link is the link, and a restore writes to its target alone', async () => {
  const restic = makeRestic({ exec: runner, runDirectory: join(top, 'run') });
  const repo = vault.repository(access, 'links-1');
  must(await restic.init(repo));
  const [tree, host] = [join(top, 'links'), join(top, 'beside')];
  await mkdir(join(tree, 'deep'), { recursive: true });
  await mkdir(host);
  await writeFile(join(host, 'secret'), 'CANARY');
  await writeFile(join(tree, 'deep/file'), 'mine');
  await symlink(host, join(tree, 'away'));
  const { snapshot } = must(await restic.backupPaths(repo, { paths: [tree], seeing: [tree], tags: [] }));
  const out = new PassThrough();
  const whole = buffer(out);
  must(await restic.dump(repo, snapshot, tree, out));
  out.end();
  expect((await whole).includes('CANARY')).toBe(false);

  // The way down in the target is somebody's link: in the world of the program it leads nowhere.
  const target = join(top, 'target');
  await mkdir(join(target, tree, '..'), { recursive: true });
  await symlink(host, join(target, tree));
  await restic.restore(repo, snapshot, { target });
  await expect(readFile(join(host, 'deep/file'))).rejects.toThrow('ENOENT');
});

it('one that is held up while it reads is ended', async () => {
  // In place of the program, one that says nothing: as if it waited for the other end of a pipe.
  const held: Piper = {
    pipe: (command, flow) =>
      runner.pipe(command.argv.includes('backup') ? { ...command, argv: ['sleep', '600'] } : command, flow),
  };
  const restic = makeRestic({ exec: held, runDirectory: join(top, 'run'), stallSeconds: 1 });
  const repo = vault.repository(access, 'held-1');
  must(await restic.init(repo));
  expect(await restic.backupPaths(repo, { paths: [top], seeing: [top], tags: [] })).toMatchObject({
    code: 'restic_source_stalled',
  });
});

it('no argv has a secret in it while a tree is read', async () => {
  const seen: string[] = [];
  const telling: Piper = {
    pipe(command, flow) {
      seen.push(command.argv.join(' '));
      return runner.pipe(command, flow);
    },
  };
  const restic = makeRestic({ exec: telling, runDirectory: join(top, 'run') });
  const repo = vault.repository(access, 'argv-1', 'the repository key 81c2');
  must(await restic.init(repo));
  const tree = join(top, 'argv');
  await mkdir(tree);
  must(await restic.backupPaths(repo, { paths: [tree], seeing: [tree], tags: [] }));
  expect(seen.length).toBeGreaterThan(1);
  for (const secret of [repo.key.reveal(), repo.password.reveal()])
    expect(seen.join('\n')).not.toContain(secret);
});
