import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runner } from '../../adapters/exec/run.ts';
import { must } from '../../kernel/refusal.ts';
import { unpack } from './commands.ts';

const UID = 100_070;
let top: string;
const at = (...parts: string[]) => join(top, ...parts);
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'bastide-unpack-'));
  await chmod(top, 0o711);
  // Of the same user: on a node all servers of one engine have one number.
  for (const one of ['main', 'theirs']) {
    await mkdir(at(one), { mode: 0o700 });
    await chown(at(one), UID, UID);
  }
  await writeFile(at('theirs/file'), 'theirs');
  await chown(at('theirs/file'), UID, UID);
});
afterEach(() => rm(top, { recursive: true }));

async function unpacked(fill: (tar: ReturnType<typeof pack>) => void) {
  const tar = pack();
  fill(tar);
  tar.finalize();
  return must(
    await runner.pipe(unpack(at('main'), UID), {
      write: async (stdin) => void (await pipeline(tar, stdin, { end: false })),
    }),
  );
}

test('a physical copy is unpacked as its user', async () => {
  const ran = await unpacked((tar) => {
    tar.entry({ name: 'base/', type: 'directory', mode: 0o700 });
    tar.entry({ name: 'base/1', mode: 0o600, uid: 0, gid: 0 }, 'table');
  });
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  expect(await readFile(at('main/base/1'), 'utf8')).toBe('table');
  expect((await lstat(at('main/base/1'))).uid).toBe(UID);
});

test('nothing in it reaches what another server of the same user has', async () => {
  await unpacked((tar) => {
    tar.entry({ name: 'away', type: 'symlink', linkname: at('theirs') });
    tar.entry({ name: 'away/file' }, 'overwritten');
    tar.entry({ name: 'hard', type: 'link', linkname: at('theirs/file') });
    tar.entry({ name: `../theirs/new` }, 'new');
    tar.entry({ name: at('theirs/file') }, 'overwritten');
  });
  expect(await readFile(at('theirs/file'), 'utf8')).toBe('theirs');
  expect((await lstat(at('theirs/file'))).nlink).toBe(1);
  expect(await readdir(at('theirs'))).toEqual(['file']);
});
