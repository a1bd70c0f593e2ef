import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { pkiConformance } from './conformance.ts';
import { makePki } from './directory.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-pki-'));
});
afterAll(() => rm(directory, { recursive: true }));

pkiConformance('directory', () => makePki({ directory: join(directory, 'ca'), name: 'Bastide test' }));

it('keeps the key from everybody else', async () => {
  await makePki({ directory: join(directory, 'mode'), name: 'x' }).root();
  expect((await stat(join(directory, 'mode', 'root.pem'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, 'mode'))).mode & 0o777).toBe(0o700);
});

it('makes one root when several ask at once', async () => {
  const settings = { directory: join(directory, 'race'), name: 'x' };
  const roots = await Promise.all([1, 2, 3, 4].map(() => makePki(settings).root()));
  expect(new Set(roots.map((root) => must(root).fingerprint)).size).toBe(1);
});

it('does not replace a root that it cannot read', async () => {
  const settings = { directory: join(directory, 'broken'), name: 'x' };
  await makePki(settings).root();
  const file = join(directory, 'broken', 'root.pem');
  await writeFile(file, 'rubbish');
  expect(await makePki(settings).root()).toMatchObject({ code: 'pki_unreadable' });
  expect(await readFile(file, 'utf8')).toBe('rubbish');
});

it('never outlives its root', async () => {
  const settings = { directory: join(directory, 'old'), name: 'x' };
  const root = must(await makePki(settings).root());
  const late = makePki({ ...settings, now: () => root.notAfter.getTime() - 86_400_000 });
  const leaf = must(await late.issue({ commonName: 'a', hosts: ['a.localhost'], usage: 'server', days: 30 }));
  expect(leaf.notAfter).toEqual(root.notAfter);
});
