import { existsSync } from 'node:fs';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { runner } from '../exec/run.ts';
import { isLinked, openBelow, openDirectory } from './directory.ts';
import { readText, writeFiles } from './files.ts';
import type { Directory } from './port.ts';
import { removeBelow } from './remove.ts';
import { LEVELS, TooDeep, walk } from './walk.ts';

const me = process.getuid?.() ?? 0;
const of = { mode: 0o640, owner: me };
let top: string;
let tree: string;
let outside: string;
let here: Directory;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'bastide-below-'));
  [tree, outside] = [join(top, 'tree'), join(top, 'outside')];
  await mkdir(join(tree, 'a/b'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(tree, 'a/one'), 'one');
  await writeFile(join(outside, 'secret'), 'of the host');
  here = (await openDirectory(tree))!;
});
afterEach(async () => {
  await here.close();
  await rm(top, { recursive: true });
});
const pipe = async (path: string) => void must(await runner.run({ argv: ['mkfifo', path] }));

describe('a directory that is held open', () => {
  test.each(['', '.', '..', 'a/one', '/etc', '../outside', 'a\0b'])('takes %j for no name', async (name) => {
    await expect(here.look(name)).rejects.toThrow('is not a name');
    await expect(here.file(name)).rejects.toThrow('is not a name');
    await expect(here.directory(name)).rejects.toThrow('is not a name');
    await expect(here.move('a', here, name)).rejects.toThrow('is not a name');
  });

  test('follows no link and waits for no pipe', async () => {
    await symlink(outside, join(tree, 'away'));
    await symlink(join(outside, 'secret'), join(tree, 'file'));
    await pipe(join(tree, 'pipe'));
    expect(await here.directory('away')).toBeUndefined();
    expect(await here.file('file')).toBeUndefined();
    expect(await here.file('pipe')).toBeUndefined();
    expect(await here.file('a')).toBeUndefined();
    expect(await here.file('nothing')).toBeUndefined();
    expect(await openDirectory(join(tree, 'away'))).toBeUndefined();
    expect(await here.make('away', of)).toBeUndefined();
    expect((await here.look('file'))?.isSymbolicLink()).toBe(true);
    expect((await here.target('file'))?.toString()).toBe(join(outside, 'secret'));
    expect(await here.target('a')).toBeUndefined();
    expect(await readText(here, 'file')).toBeUndefined();
    expect(await readText(here, 'pipe')).toBeUndefined();
  });

  test('is that directory, whatever takes its place', async () => {
    const a = (await here.directory('a'))!;
    await rename(join(tree, 'a'), join(tree, 'moved'));
    await symlink(outside, join(tree, 'a'));
    await a.write('mine', 'x', of);
    await (await a.make('deep', of))!.close();
    expect(await a.move('one', a, 'two')).toBe(true);
    expect((await a.names()).map(String)).toEqual(['b', 'deep', 'mine', 'two']);
    await a.close();
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(tree, 'moved/mine'), 'utf8')).toBe('x');
  });

  test('writes in place of links, not through them', async () => {
    for (const name of ['settings', 'settings.new']) await symlink(join(outside, 'secret'), join(tree, name));
    await writeFiles(tree, { settings: 'ours' }, of);
    const written = await lstat(join(tree, 'settings'));
    expect([written.isFile(), written.mode & 0o777]).toEqual([true, 0o640]);
    expect(await readFile(join(tree, 'settings'), 'utf8')).toBe('ours');
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('of the host');
    expect(existsSync(join(tree, 'settings.new'))).toBe(false);
  });

  test('gives a link itself away, not what it leads to', async () => {
    await symlink(join(top, 'nothing'), join(tree, 'link'));
    await here.give('link', me);
    expect(await readlink(join(tree, 'link'))).toBe(join(top, 'nothing'));
  });

  test('says what cannot be moved or dropped', async () => {
    expect(await here.move('nothing', here, 'x')).toBe(false);
    await mkdir(join(tree, 'full'));
    await writeFile(join(tree, 'full/file'), '');
    expect(await here.move('a', here, 'full')).toBe(false);
    expect(await here.drop('a')).toBe(false);
    expect(await here.dropEmpty('a')).toBe(false);
    await rm(join(tree, 'full'), { recursive: true });
  });

  test('reads no more of a text than it was told', async () => {
    await writeFile(join(tree, 'long'), 'x'.repeat(100));
    expect(await readText(here, 'long', 99)).toBeUndefined();
    expect(await readText(here, 'long', 100)).toHaveLength(100);
  });
});

test('the way below a root has no link in it', async () => {
  await symlink('a', join(tree, 'link'));
  await symlink(tree, join(top, 'ours'));
  const opened = async (root: string, path: string) => {
    const found = await openBelow(root, path);
    await found?.close();
    return found !== undefined;
  };
  expect([await opened(tree, 'a/b'), await opened(tree, 'link/b'), await opened(tree, 'a/link')]).toEqual([
    true,
    false,
    false,
  ]);
  // The root itself is of whoever runs the machine.
  expect(await opened(join(top, 'ours'), 'a/b')).toBe(true);
  const linked = ['a/b', 'a/nothing/x', 'link/b', 'link', 'a/one'].map((path) =>
    isLinked(join(top, 'ours'), path),
  );
  expect(await Promise.all(linked)).toEqual([false, false, true, true, false]);
});

describe('a walk', () => {
  const seen = async (change?: (path: string) => Promise<void>) => {
    const paths: string[] = [];
    const gone: string[] = [];
    for await (const entry of walk(here, (path) => gone.push(path.toString()))) {
      paths.push(entry.path.toString());
      await change?.(entry.path.toString());
    }
    return { paths, gone };
  };

  test('meets everything, in order, with links as links', async () => {
    await symlink(outside, join(tree, 'a/z'));
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff])]), '');
    expect((await seen()).paths).toEqual(['a', 'a/b', 'a/one', 'a/z', '\ufffd']);
  });

  test('does not follow a directory that becomes a link while it goes on', async () => {
    await mkdir(join(tree, 'c/inside'), { recursive: true });
    const { paths, gone } = await seen(async (path) => {
      if (path !== 'c') return;
      await rename(join(tree, 'c'), join(top, 'moved'));
      await symlink(outside, join(tree, 'c'));
    });
    expect(paths).toEqual(['a', 'a/b', 'a/one', 'c']);
    expect(gone).toEqual(['c']);
  });

  test('opens no link and no pipe that took the place of a file', async () => {
    await writeFile(join(tree, 'x'), '');
    await writeFile(join(tree, 'y'), '');
    await pipe(join(top, 'pipe'));
    const opened: boolean[] = [];
    for await (const entry of walk(here)) {
      const path = entry.path.toString();
      if (path === 'x') await rename(join(top, 'pipe'), join(tree, 'x'));
      if (path === 'y') await rm(join(tree, 'y'));
      if (path === 'y') await symlink(join(outside, 'secret'), join(tree, 'y'));
      const handle = await entry.open();
      if (path.length === 1 && path !== 'a') opened.push(handle !== undefined);
      await handle?.close();
    }
    expect(opened).toEqual([false, false]);
  });

  test('ends where a tree is deeper than any real one', async () => {
    const levels = async (above: number) => {
      const paths: string[] = [];
      for await (const { path } of walk(here, undefined, undefined, above)) paths.push(path.toString());
      return paths;
    };
    expect(await levels(LEVELS - 2)).toEqual(['a', 'a/b', 'a/one']);
    await expect(levels(LEVELS - 1)).rejects.toThrow(TooDeep);
  });
});

describe('a removal', () => {
  test('takes links away, and leaves what they lead to', async () => {
    await symlink(outside, join(tree, 'a/away'));
    await symlink(outside, join(tree, 'link'));
    await removeBelow(tree, 'a');
    await removeBelow(tree, 'link');
    await removeBelow(tree, 'nothing');
    await removeBelow(join(top, 'nowhere'), 'a');
    expect(await readdir(tree)).toEqual([]);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  test('goes through no link on the way', async () => {
    await symlink(outside, join(tree, 'away'));
    await removeBelow(tree, 'away/secret');
    expect(await readdir(outside)).toEqual(['secret']);
  });

  test('of what is deeper than a path can be is whole', async () => {
    const name = 'n'.repeat(200);
    let at: Directory = (await here.directory('a'))!;
    for (let depth = 0; depth < 25; depth += 1) {
      const next = (await at.make(name, { mode: 0o700, owner: me }))!;
      await at.close();
      at = next;
    }
    await at.write('file', 'x', of);
    await at.close();
    await removeBelow(tree, 'a');
    expect(await readdir(tree)).toEqual([]);
  });

  test('of several at once leaves nothing', async () => {
    const names = Array.from({ length: 5 }, (_, i) => `t${i}`);
    for (const name of names) await mkdir(join(tree, name, 'x/y'), { recursive: true });
    await Promise.all(names.map((name) => removeBelow(tree, name)));
    expect(await readdir(tree)).toEqual(['a']);
  });
});
