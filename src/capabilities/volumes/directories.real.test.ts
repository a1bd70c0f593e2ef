import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { dropDirectory, makeDirectory } from './directories.ts';

const OWNER = 100_070;
let base = '';
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'directories-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));
const code = (outcome: unknown) => (isRefusal(outcome) ? outcome.code : outcome);

test("a directory is its user's alone, and the way there is root's", async () => {
  must(await makeDirectory(base, 'databases/d1/data', OWNER));
  must(await makeDirectory(base, 'databases/d1/data', OWNER));
  const [leaf, above] = [await stat(join(base, 'databases/d1/data')), await stat(join(base, 'databases/d1'))];
  expect([leaf.uid, leaf.gid, leaf.mode & 0o777]).toEqual([OWNER, OWNER, 0o700]);
  expect([above.uid, above.mode & 0o777]).toEqual([0, 0o711]);
});

test('one that a killed run had not given away yet is given away', async () => {
  await mkdir(join(base, 'volumes'), { mode: 0o711 });
  await mkdir(join(base, 'volumes/v1'), { mode: 0o700 });
  must(await makeDirectory(base, 'volumes/v1', OWNER));
  expect((await stat(join(base, 'volumes/v1'))).uid).toBe(OWNER);
});

test('no link that a container made is followed', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'outside-'));
  await symlink(outside, join(base, 'link'));
  expect(code(await makeDirectory(base, 'link/inside', OWNER))).toBe('storage_path_refused');
  expect(code(await makeDirectory(base, 'link', OWNER))).toBe('storage_path_refused');
  expect(code(await makeDirectory(base, 'databases/d1/data/deeper', OWNER))).toBe('storage_path_refused');
  expect(await readdir(outside)).toEqual([]);
  await writeFile(join(outside, 'kept'), '');
  await dropDirectory(base, 'link');
  expect(await readdir(outside)).toEqual(['kept']);
  await rm(outside, { recursive: true });
});

test('a removed one is gone with all in it, and so is what an earlier removal left', async () => {
  await writeFile(join(base, 'databases/d1/data/file'), 'x');
  await mkdir(join(base, '.removed/old'), { recursive: true });
  await dropDirectory(base, 'databases/d1');
  await dropDirectory(base, 'databases/d1');
  expect(await readdir(join(base, 'databases'))).toEqual([]);
  expect(await readdir(base)).not.toContain('.removed');
});
