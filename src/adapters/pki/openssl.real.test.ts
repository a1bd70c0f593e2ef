import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { runner } from '../exec/run.ts';
import { verifyCommand } from './commands.ts';
import { makePki } from './directory.ts';
import type { Leaf } from './port.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-pki-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function verify(leaf: Leaf, purpose: 'sslserver' | 'sslclient', host?: string) {
  const pki = makePki({ directory: join(directory, 'ca'), name: 'Bastide test' });
  const files = { root: join(directory, 'root.crt'), leaf: join(directory, 'leaf.crt') };
  await writeFile(files.root, must(await pki.root()).certificate);
  await writeFile(files.leaf, must(await pki.issue(leaf)).certificate);
  return must(await runner.run(verifyCommand(files, purpose, host)));
}

const server = { commonName: 'a.localhost', hosts: ['a.localhost'], usage: 'server', days: 30 } as const;

it('passes the strictest verification of OpenSSL', async () => {
  expect(await verify(server, 'sslserver', 'a.localhost')).toMatchObject({ code: 0 });
  expect(
    await verify({ commonName: 'agent', hosts: [], usage: 'client', days: 1 }, 'sslclient'),
  ).toMatchObject({ code: 0 });
});

it('is refused for another name and for another purpose', async () => {
  expect((await verify(server, 'sslserver', 'b.localhost')).code).not.toBe(0);
  expect((await verify(server, 'sslclient')).code).not.toBe(0);
});
