import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insideServer } from '../../api/inside.ts';
import { type TestApi, testApi } from '../../api/testing.ts';
import { writeConfig } from '../../cli/config.ts';
import { runCli } from '../../cli/run.ts';
import { commandTable } from '../../cli/table.ts';

const SERVER_KEY = `${'S'.repeat(42)}A=`;
let api: TestApi;
let listener: Server;
let dir: string;
let token: string;

beforeAll(async () => {
  api = await testApi();
  dir = await mkdtemp(join(tmpdir(), 'bastide-vpn-cli-'));
  await api.server.listen({ path: join(dir, 'outside.sock') });
  listener = insideServer(api.server);
  await new Promise<void>((resolve) => listener.listen(join(dir, 'inside.sock'), resolve));
  await api.t.db.updateTable('vpn').set({ public_key: SERVER_KEY }).execute();
  token = await api.account('operator');
  await writeConfig(dir, { server: `unix:${join(dir, 'outside.sock')}`, token, account: 'ada' });
});
afterAll(async () => {
  listener.close();
  await api.close();
  await rm(dir, { recursive: true, force: true });
});

async function bastide(...argv: string[]) {
  let said = '';
  const out = {
    write: (text: string) => {
      said += text;
    },
  };
  const code = await runCli(commandTable, {
    ...{ argv, cwd: dir, configDir: dir, server: undefined, token: undefined, color: false },
    ...{ stdin: Readable.from([]), interactive: false, out, err: out, version: '0' },
    signal: new AbortController().signal,
  });
  return { code, said };
}
const hear = () => api.t.db.updateTable('vpn_peers').set({ handshake_at: new Date() }).execute();

test('the private key is made here, is in a file that its owner alone reads, and goes nowhere', async () => {
  const made = await bastide('vpn:enrol', 'ada-laptop', '--days', '7');
  expect(made.code).toBe(0);
  const file = join(dir, 'bastide-vpn.conf');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^PrivateKey = [A-Za-z0-9+/]{43}=$/m);
  expect(text).toContain(
    `Address = 10.202.0.2/32\n\n[Peer]\nPublicKey = ${SERVER_KEY}\nEndpoint = bastide.localhost:51820\nAllowedIPs = 10.202.0.1/32\n`,
  );
  const [, key] = /^PrivateKey = (.*)$/m.exec(text)!;
  expect(made.said).not.toContain(key);
  const rows = await api.t.db.selectFrom('vpn_peers').selectAll().execute();
  expect(JSON.stringify([rows, await api.t.db.selectFrom('audit_log').selectAll().execute()])).not.toContain(
    key,
  );

  // A second one does not write over the first, and enrols nobody.
  expect((await bastide('vpn:enrol', 'other')).said).toContain('cannot be made anew');
  expect(await readFile(file, 'utf8')).toBe(text);
  expect(await api.t.db.selectFrom('vpn_peers').selectAll().execute()).toHaveLength(1);
  // One that is refused leaves no file.
  expect((await bastide('vpn:enrol', 'ada-laptop', '--file', 'again.conf')).said).toContain(
    'There is a peer',
  );
  await expect(stat(join(dir, 'again.conf'))).rejects.toThrow('ENOENT');
});

test('somebody else’s key is enrolled without its private half', async () => {
  const made = await bastide('vpn:enrol', 'bob-laptop', '--public-key', `${'B'.repeat(42)}A=`);
  expect(made).toMatchObject({ code: 0, said: expect.stringContaining('# PrivateKey = (yours') });
  expect((await bastide('vpn:peers')).said).toMatch(/bob-laptop +10\.202\.0\.3 +live/);
  expect((await bastide('vpn:expire', 'bob-laptop', '--days', '0')).code).toBe(0);
  expect((await bastide('vpn:peers')).said).toMatch(/bob-laptop +10\.202\.0\.3 +expired/);
  expect((await bastide('vpn:revoke', 'bob-laptop')).code).toBe(0);
  expect((await bastide('vpn:peers')).said).not.toContain('bob-laptop');
});

test('closing it needs a peer that was heard of; then this computer goes another way, and back', async () => {
  expect((await bastide('vpn:on')).said).toContain('No peer was heard of');
  await hear();
  expect((await bastide('vpn:on')).code).toBe(0);
  expect((await bastide('vpn')).said).toContain('bastide vpn:use');
  const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'));
  await writeConfig(dir, { ...config, via: `unix:${join(dir, 'inside.sock')}` });
  expect((await bastide('vpn')).said).toContain('inside only');
  expect((await bastide('vpn:off')).code).toBe(0);
  expect((await bastide('vpn:use', '--off')).code).toBe(0);
  expect(JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'))).toEqual(config);
  expect((await bastide('vpn')).said).toContain('from anywhere');
  await bastide('vpn:use');
  expect(JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'))).toEqual({
    ...config,
    via: '10.202.0.1',
  });
});
