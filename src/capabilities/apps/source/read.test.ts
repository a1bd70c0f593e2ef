import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRefusal, must } from '../../../kernel/refusal.ts';
import { readSource } from './read.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-read-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));
const put = (name: string, text: string | Uint8Array) => writeFile(join(dir, name), text);
const code = async () => {
  const got = await readSource(dir);
  return isRefusal(got) ? got.code : got.stack;
};

test('reads a source', async () => {
  await put('index.html', '<p>hello');
  expect(must(await readSource(dir))).toMatchObject({
    stack: 'static',
    processes: { web: { command: null } },
  });
});

test('follows no link, not even one on the way to a Dockerfile', async () => {
  await mkdir(join(dir, 'real'));
  await put('real/web', 'FROM bastide/node');
  await symlink('real', join(dir, 'docker'));
  await put('bastide.yaml', 'dockerfile: docker/web');
  expect(await code()).toBe('source_file_refused');
  await rm(join(dir, 'bastide.yaml'));
  await symlink('/etc/hostname', join(dir, 'Procfile'));
  expect(await code()).toBe('source_file_refused');
});

test('refuses what is no text or too much of it', async () => {
  await put('index.html', '');
  await put('Procfile', new Uint8Array([0x77, 0xff, 0xfe]));
  expect(await code()).toBe('source_file_refused');
  await put('Procfile', 'x'.repeat(70_000));
  expect(await code()).toBe('source_file_refused');
  await put('Procfile', 'web: a\0b');
  expect(await code()).toBe('source_file_refused');
});
