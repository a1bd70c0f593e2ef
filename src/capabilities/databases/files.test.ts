import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runner } from '../../adapters/exec/run.ts';
import { must } from '../../kernel/refusal.ts';
import { databaseFiles } from './files.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

const write = async (certificate: string) =>
  must(await databaseFiles.write(directory, { 'server.crt': certificate }, process.getuid?.() ?? 0));

it('knows whether the server read the certificate that is there', async () => {
  expect(await databaseFiles.served(directory)).toBe(false);
  expect(await databaseFiles.noteServed(directory)).toMatchObject({ code: 'database_files_failed' });
  await write('first');
  expect(await databaseFiles.served(directory)).toBe(false);
  must(await databaseFiles.noteServed(directory));
  expect(await databaseFiles.served(directory)).toBe(true);
  await write('second');
  expect(await databaseFiles.served(directory)).toBe(false);
  expect((await stat(join(directory, 'served.sha256'))).mode & 0o777).toBe(0o600);
});

it('writes through no link that somebody planted, and waits for no pipe', async () => {
  const [planted, victim] = [await mkdtemp(join(tmpdir(), 'bastide-config-')), join(directory, 'victim')];
  await writeFile(victim, 'of the host');
  for (const name of ['server.crt', 'server.crt.new', 'served.sha256', 'served.sha256.new'])
    await symlink(victim, join(planted, name));
  expect(await databaseFiles.noteServed(planted)).toMatchObject({ code: 'database_files_failed' });
  must(await databaseFiles.write(planted, { 'server.crt': 'ours' }, process.getuid?.() ?? 0));
  must(await databaseFiles.noteServed(planted));
  expect(await readFile(victim, 'utf8')).toBe('of the host');
  expect(await readFile(join(planted, 'server.crt'), 'utf8')).toBe('ours');
  expect(await databaseFiles.served(planted)).toBe(true);

  await rm(join(planted, 'served.sha256'));
  must(await runner.run({ argv: ['mkfifo', join(planted, 'served.sha256')] }));
  expect(await databaseFiles.served(planted)).toBe(false);
  await rm(join(planted, 'server.crt'));
  must(await runner.run({ argv: ['mkfifo', join(planted, 'server.crt')] }));
  expect(await databaseFiles.configured(planted, { 'server.crt': 'ours' }, 0)).toBe(false);
  await rm(planted, { recursive: true });
});
