import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { rootKeysConform } from './conformance.ts';
import { memoryRootKeys } from './memory.ts';
import { givenRootKeys, rootKeyFile } from './root.ts';

let dir: string;
let files = 0;
const fresh = () => join(dir, `secrets-${++files}`, 'root.key');
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-root-'));
});
afterAll(() => rm(dir, { recursive: true }));

rootKeysConform('in memory', async () => memoryRootKeys());
rootKeysConform('in a file', async () => rootKeyFile(fresh()));

test('the file is made once, for root alone, and a damaged one is not replaced', async () => {
  const file = fresh();
  const [first] = must(await rootKeyFile(file).ids());
  expect(must(await rootKeyFile(file).ids())).toEqual([first]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, 'damaged');
  for (const refused of [await rootKeyFile(file).ids(), await rootKeyFile(file).add()])
    expect(isRefusal(refused) && refused.code).toBe('root_key_invalid');
  expect(await readFile(file, 'utf8')).toBe('damaged');
});

test('what a replaced file held is overwritten, and nothing is left beside it', async () => {
  const file = fresh();
  const roots = rootKeyFile(file);
  const [first] = must(await roots.ids());
  const before = await readFile(file, 'utf8');
  const old = await open(file);
  must(await roots.add());
  expect((await old.readFile('utf8')).includes(before.trim())).toBe(false);
  await old.close();
  must(await roots.destroy(first!));
  expect(await readFile(file, 'utf8')).not.toContain(before.trim());
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(file, '..'))).toEqual(['root.key']);
});

test('keys given from outside are read once and not changed', async () => {
  const file = fresh();
  const ids = must(await rootKeyFile(file).ids());
  const given = must(await givenRootKeys(file));
  await rm(file);
  expect(must(await given.ids())).toEqual(ids);
  const refused = await given.add();
  expect(isRefusal(refused) && refused.code).toBe('root_key_given');
  const none = await givenRootKeys(file);
  expect(isRefusal(none) && none.code).toBe('root_key_invalid');
});
