import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
