import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureDirectory, ensureFile, ensureSecret } from './files.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-files-'));
});
afterEach(() => rm(dir, { recursive: true }));

const owner = { uid: process.getuid!(), gid: process.getgid!(), mode: 0o640 };
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

it('writes a file once and again only when something about it differs', async () => {
  const path = join(dir, 'x');
  expect(await ensureFile(path, 'a', owner)).toBe(true);
  expect(await ensureFile(path, 'a', owner)).toBe(false);
  expect(await ensureFile(path, 'b', owner)).toBe(true);
  expect(await ensureFile(path, 'b', { ...owner, mode: 0o600 })).toBe(true);
  expect(await modeOf(path)).toBe(0o600);
  expect(await readdir(dir)).toEqual(['x']);
});

it('puts the mode of a directory right', async () => {
  await ensureDirectory(join(dir, 'a/b'), { ...owner, mode: 0o710 });
  expect(await modeOf(join(dir, 'a/b'))).toBe(0o710);
});

it('makes a secret once, for root alone, also when many ask at the same time', async () => {
  const path = join(dir, 'secrets/password');
  const made = await Promise.all(Array.from({ length: 8 }, () => ensureSecret(path)));
  expect(new Set(made.map((secret) => secret.reveal())).size).toBe(1);
  expect(made[0]!.reveal()).toMatch(/^[\w-]{43}$/);
  expect(await modeOf(path)).toBe(0o600);
  expect(await modeOf(join(dir, 'secrets'))).toBe(0o700);
  expect(await readdir(join(dir, 'secrets'))).toEqual(['password']);
});
