import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Hashes, hashTree } from './tree.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-tree-'));
  await mkdir(join(dir, 'a/b'), { recursive: true });
  await writeFile(join(dir, 'a/one'), 'one');
  await writeFile(join(dir, 'a/b/two'), 'two');
  await symlink('one', join(dir, 'a/link'));
});
afterEach(() => rm(dir, { recursive: true }));

it('is the same for the same content, whenever it was written', async () => {
  const before = await hashTree(dir);
  await utimes(join(dir, 'a/one'), 1, 1);
  expect(await hashTree(dir)).toEqual(before);
  expect(before).toMatchObject({ files: 2, bytes: 6 });
});

it.each<[string, () => Promise<void>]>([
  ['a changed byte', () => writeFile(join(dir, 'a/one'), 'onE')],
  ['another name', () => rename(join(dir, 'a/one'), join(dir, 'a/three'))],
  ['another mode', () => chmod(join(dir, 'a/one'), 0o600)],
  ['an empty directory', async () => void (await mkdir(join(dir, 'c')))],
  ['one file less', () => rm(join(dir, 'a/b/two'))],
])('tells %s', async (_what, change) => {
  const before = await hashTree(dir);
  await change();
  expect((await hashTree(dir)).tree).not.toBe(before.tree);
});

it('reads again only what changed, and sees that it did', async () => {
  const hashes: Hashes = new Map();
  await hashTree(dir, { hashes });
  const known = hashes.get('a/one')!;
  // Were it read again, the hash would not be this one.
  hashes.set('a/one', { ...known, hash: 'kept' });
  const kept = await hashTree(dir, { hashes });
  expect(hashes.get('a/one')!.hash).toBe('kept');
  await writeFile(join(dir, 'a/one'), 'new');
  await hashTree(dir, { hashes });
  expect(hashes.get('a/one')!.hash).not.toBe('kept');
  expect((await hashTree(dir)).tree).not.toBe(kept.tree);
});
