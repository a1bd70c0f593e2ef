import { renameSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runner } from '../../adapters/exec/run.ts';
import { must } from '../../kernel/refusal.ts';
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
  const before = must(await hashTree(dir));
  await change();
  expect(must(await hashTree(dir)).tree).not.toBe(before.tree);
});

it('reads again only what changed, and sees that it did', async () => {
  const hashes: Hashes = new Map();
  await hashTree(dir, { hashes });
  const known = hashes.get('a/one')!;
  // Were it read again, the hash would not be this one.
  hashes.set('a/one', { ...known, hash: 'kept' });
  const kept = must(await hashTree(dir, { hashes }));
  expect(hashes.get('a/one')!.hash).toBe('kept');
  await writeFile(join(dir, 'a/one'), 'new');
  await hashTree(dir, { hashes });
  expect(hashes.get('a/one')!.hash).not.toBe('kept');
  expect(must(await hashTree(dir)).tree).not.toBe(kept.tree);
});

/** Hashes that let something happen between the look at a file and its opening. */
class Meanwhile extends Map<string, { known: string; hash: string }> {
  readonly #happens: (name: string) => void;

  constructor(happens: (name: string) => void) {
    super();
    this.#happens = happens;
  }

  override get(name: string) {
    this.#happens(name);
    return super.get(name);
  }
}

const become: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a pipe, for which one would wait for ever': async (path) =>
    must(await runner.run({ argv: ['mkfifo', path] })),
  'a link to what is not in the tree': (path) => symlink('/etc/hostname', path),
  'a directory': (path) => mkdir(path),
};

it.each(Object.keys(become))('is not held up or led away by a file that becomes %s', async (what) => {
  const [file, prepared] = [join(dir, 'a/one'), `${dir}-other`];
  await become[what]!(prepared);
  const hashes = new Meanwhile((name) => {
    if (name !== 'a/one') return;
    rmSync(file);
    renameSync(prepared, file);
  });
  expect(must(await hashTree(dir, { hashes, live: true }))).toMatchObject({ files: 1, bytes: 3 });
  await rm(file, { recursive: true });
});

it('of a tree at a standstill is none where something changes after all', async () => {
  const hashes = new Meanwhile(() => rmSync(join(dir, 'a/one'), { force: true }));
  expect(await hashTree(dir, { hashes })).toMatchObject({ code: 'backup_tree_changed' });
  expect(await hashTree(join(dir, 'nothing'))).toMatchObject({ code: 'backup_tree_changed' });
});
