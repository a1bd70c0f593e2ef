import { existsSync } from 'node:fs';
import {
  chmod,
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
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDirectory } from '../../../adapters/below/directory.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { putAllBack, putPathBack } from './put-back.ts';

/** A project's storage: a volume that its app writes to, and what must never be written to by way of it. */
let top: string;
const at = (...parts: string[]) => join(top, ...parts);
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'bastide-put-back-'));
  for (const one of ['volumes/one', 'volumes/two', 'databases/d/config', 'host', 'staged', 'old'])
    await mkdir(at(one), { recursive: true });
  await writeFile(at('volumes/two/theirs'), 'theirs');
  await writeFile(at('databases/d/config/pg_hba.conf'), 'hostssl');
});
afterEach(() => rm(top, { recursive: true }));

const file = async (path: string, content: string) => {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), content);
};

async function putBack(path?: string): Promise<string | undefined> {
  const [staged, live, old] = [
    (await openDirectory(at('staged')))!,
    (await openDirectory(at('volumes/one')))!,
    (await openDirectory(at('old')))!,
  ];
  try {
    const done = await (path === undefined
      ? putAllBack(staged, live, old)
      : putPathBack(staged, live, old, path));
    return isRefusal(done) ? done.code : undefined;
  } finally {
    for (const one of [staged, live, old]) await one.close();
  }
}

describe('one path', () => {
  test('takes its place, and what was there goes away', async () => {
    await file('staged/a/b/file', 'of then');
    await file('volumes/one/a/b/file', 'of now');
    await file('volumes/one/a/b/other', 'stays');
    expect(await putBack('a/b/file')).toBeUndefined();
    expect(await readFile(at('volumes/one/a/b/file'), 'utf8')).toBe('of then');
    expect(await readFile(at('volumes/one/a/b/other'), 'utf8')).toBe('stays');
    expect(await readFile(at('old/entry'), 'utf8')).toBe('of now');
  });

  test('whose directories are gone has them again, and whole directories come back', async () => {
    await file('staged/a/b/c/file', 'of then');
    await file('volumes/one/a/b/c/new', 'of now');
    expect(await putBack('a/b')).toBeUndefined();
    expect(await readdir(at('volumes/one/a/b/c'))).toEqual(['file']);
    await rm(at('volumes/one/a'), { recursive: true });
    await file('staged/a/b/c/file', 'of then');
    await chmod(at('volumes/one'), 0o700);
    expect(await putBack('a/b/c/file')).toBeUndefined();
    expect(await readFile(at('volumes/one/a/b/c/file'), 'utf8')).toBe('of then');
    expect((await lstat(at('volumes/one/a'))).uid).toBe((await lstat(at('volumes/one'))).uid);
  });

  test('that the backup does not have is said', async () => {
    await file('staged/a/file', '');
    expect(await putBack('a/nothing')).toBe('backup_path_missing');
    expect(await putBack('b/file')).toBe('backup_path_missing');
  });
});

describe('links that its app made do not lead the restore away', () => {
  test('to another volume of the project, which would become a link to anywhere', async () => {
    await mkdir(at('staged/x'));
    await symlink('/proc', at('staged/x/two'));
    await symlink('..', at('volumes/one/x'));
    expect(await putBack('x/two')).toBe('backup_path_blocked');
    expect((await lstat(at('volumes/two'))).isDirectory()).toBe(true);
    expect(await readdir(at('volumes/two'))).toEqual(['theirs']);
  });

  test('to the configuration of a database', async () => {
    await file('staged/x/pg_hba.conf', 'of the attacker');
    await symlink('../../databases/d/config', at('volumes/one/x'));
    expect(await putBack('x/pg_hba.conf')).toBe('backup_path_blocked');
    expect(await readFile(at('databases/d/config/pg_hba.conf'), 'utf8')).toBe('hostssl');
  });

  test('to a directory of the host, where nothing is made', async () => {
    await file('staged/x/made/by/root/f', '');
    await symlink(at('host'), at('volumes/one/x'));
    expect(await putBack('x/made/by/root/f')).toBe('backup_path_blocked');
    expect(await readdir(at('host'))).toEqual([]);
    await file('staged/y/made/f', '');
    await mkdir(at('volumes/one/y'));
    await symlink(at('host'), at('volumes/one/y/made'));
    expect(await putBack('y/made/f')).toBe('backup_path_blocked');
    expect(await readdir(at('host'))).toEqual([]);
  });

  test('nor do those that are in the backup', async () => {
    await symlink(at('host'), at('staged/x'));
    await file('host/secret', 'of the host');
    expect(await putBack('x/secret')).toBe('backup_path_missing');
    expect(existsSync(at('volumes/one/x'))).toBe(false);
    expect(await readFile(at('host/secret'), 'utf8')).toBe('of the host');
  });

  test('and one that is put back, or gives way, is a link and nothing more', async () => {
    await mkdir(at('staged/x'));
    await symlink(at('host'), at('staged/x/link'));
    await mkdir(at('volumes/one/x'));
    await symlink(at('volumes/two'), at('volumes/one/x/link'));
    expect(await putBack('x/link')).toBeUndefined();
    expect(await readlink(at('volumes/one/x/link'))).toBe(at('host'));
    expect(await readlink(at('old/entry'))).toBe(at('volumes/two'));
    expect(await readdir(at('volumes/two'))).toEqual(['theirs']);
  });
});

describe('everything', () => {
  test('takes the place of everything, links as links', async () => {
    await file('staged/a/file', 'of then');
    await symlink(at('host'), at('staged/link'));
    await file('volumes/one/a/file', 'of now');
    await symlink(at('volumes/two'), at('volumes/one/b'));
    expect(await putBack()).toBeUndefined();
    expect((await readdir(at('volumes/one'))).sort()).toEqual(['a', 'link']);
    expect(await readFile(at('volumes/one/a/file'), 'utf8')).toBe('of then');
    expect((await readdir(at('old'))).sort()).toEqual(['a', 'b']);
    expect(await readdir(at('volumes/two'))).toEqual(['theirs']);
  });

  test('goes into the volume that it was opened as', async () => {
    await file('staged/file', '');
    const live = (await openDirectory(at('volumes/one')))!;
    const [staged, old] = [(await openDirectory(at('staged')))!, (await openDirectory(at('old')))!];
    await rename(at('volumes/one'), at('volumes/moved'));
    await symlink(at('host'), at('volumes/one'));
    expect(await putAllBack(staged, live, old)).toBeUndefined();
    for (const one of [live, staged, old]) await one.close();
    expect(await readdir(at('host'))).toEqual([]);
    expect(await readdir(at('volumes/moved'))).toEqual(['file']);
  });
});
