import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vaultClient } from '../adapters/vault/client.ts';
import type { VaultAccess } from '../adapters/vault/port.ts';
import { isRefusal, must } from '../kernel/refusal.ts';
import { Secret } from '../kernel/secret.ts';
import { makeCode } from './accounts.ts';
import { startVault, type TestVault } from './testbed.ts';

let vault: TestVault;
let shop: VaultAccess;
let other: VaultAccess;
const body = Buffer.from('a sealed pack of somebody');
const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const name = sha(body);

function ask(
  as: VaultAccess | undefined,
  method: string,
  path: string,
  data?: Uint8Array,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(vault.url);
    const asking = request({
      ...{ host: hostname, port, method, path, ca: vault.ca, agent: false },
      ...(as && { auth: `${as.user}:${as.password.reveal()}` }),
      headers: data ? { 'content-length': String(data.length) } : {},
    });
    asking.on('error', reject).on('response', async (answer) => {
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part;
      resolve({ status: answer.statusCode ?? 0, text });
    });
    asking.end(data);
  });
}

const kinds = async (as: VaultAccess) =>
  must(await vaultClient.journal(as, 0)).entries.map(({ kind, path }) => `${kind} ${path}`);

beforeAll(async () => {
  vault = await startVault();
  shop = await vault.platform('shop');
  other = await vault.platform('other');
  expect((await ask(shop, 'POST', '/r/p-1/?create=true')).status).toBe(200);
  expect((await ask(shop, 'POST', '/r/p-1/config', Buffer.from('config'))).status).toBe(200);
  expect((await ask(shop, 'POST', `/r/p-1/data/${name}`, body)).status).toBe(200);
});
afterAll(() => vault.stop());

const file = () => join(vault.place(shop, 'p-1'), 'data', name.slice(0, 2), name);

describe('what may be done', () => {
  test('what was added can be read, listed and asked for in part', async () => {
    expect((await ask(shop, 'GET', `/r/p-1/data/${name}`)).text).toBe(body.toString());
    expect((await ask(shop, 'GET', '/r/p-1/data/')).text).toContain(name);
    expect((await ask(shop, 'HEAD', '/r/p-1/config')).status).toBe(200);
  });

  test('the same object once more changes nothing and is no attack', async () => {
    expect((await ask(shop, 'POST', `/r/p-1/data/${name}`, body)).status).toBe(200);
  });

  test('a lock can be taken away again', async () => {
    const lock = Buffer.from('lock');
    expect((await ask(shop, 'POST', `/r/p-1/locks/${sha(lock)}`, lock)).status).toBe(200);
    expect((await ask(shop, 'DELETE', `/r/p-1/locks/${sha(lock)}`)).status).toBe(200);
    expect((await ask(shop, 'HEAD', `/r/p-1/locks/${sha(lock)}`)).status).toBe(404);
  });
});

describe('what is refused, noted, and changes nothing', () => {
  const garbage = Buffer.from('garbage');
  const attacks: readonly [string, string, string, Uint8Array | undefined, string][] = [
    ['delete a pack', 'DELETE', `/r/p-1/data/${name}`, undefined, 'delete'],
    ['delete the config', 'DELETE', '/r/p-1/config', undefined, 'delete'],
    ['delete the repository', 'DELETE', '/r/p-1/', undefined, 'delete'],
    ['overwrite a pack', 'POST', `/r/p-1/data/${name}`, garbage, 'overwrite'],
    ['empty a pack', 'POST', `/r/p-1/data/${name}`, Buffer.alloc(0), 'overwrite'],
    ['overwrite the config', 'POST', '/r/p-1/config', garbage, 'overwrite'],
    ['garbage under a name', 'POST', `/r/p-1/snapshots/${'a'.repeat(64)}`, garbage, 'wrong_hash'],
    ['PUT', 'PUT', `/r/p-1/data/${name}`, garbage, 'method'],
    ['MOVE', 'MOVE', `/r/p-1/data/${name}`, undefined, 'method'],
    ['the way up', 'GET', '/r/p-1/../../other/p-1/config', undefined, 'path'],
    ['the way up, encoded', 'GET', '/r/p-1/%2e%2e/%2e%2e/etc/passwd', undefined, 'path'],
    ['a name with more to it', 'POST', `/r/p-1/data/${name}.x`, garbage, 'path'],
    ['a folder of its own', 'POST', '/r/p-1/other/x', garbage, 'path'],
    ['a repository that begins with a dot', 'GET', '/r/.removing-p-1/config', undefined, 'path'],
  ];
  test.each(attacks)('%s', async (_, method, path, data, kind) => {
    const before = await readFile(file());
    const count = (await kinds(shop)).length;
    expect((await ask(shop, method, path, data)).status).toBe(403);
    expect((await kinds(shop)).slice(count)).toEqual([`${kind} ${path}`]);
    expect(await readFile(file())).toEqual(before);
  });

  test('garbage leaves no object behind', async () => {
    expect(await readdir(join(vault.place(shop, 'p-1'), 'snapshots'))).toEqual([]);
  });

  test('a second key of a repository', async () => {
    const [first, second] = [Buffer.from('first'), Buffer.from('second')];
    expect((await ask(shop, 'POST', `/r/p-1/keys/${sha(first)}`, first)).status).toBe(200);
    expect((await ask(shop, 'POST', `/r/p-1/keys/${sha(second)}`, second)).status).toBe(403);
    expect((await kinds(shop)).at(-1)).toContain('second_key');
  });

  test('an upload without a length, and one that is too large', async () => {
    const { hostname, port } = new URL(vault.url);
    const auth = Buffer.from(`${shop.user}:${shop.password.reveal()}`).toString('base64');
    const raw = async (head: string) => {
      const socket = connect({ host: hostname, port: Number(port), ca: vault.ca, servername: 'localhost' });
      socket.write(
        `POST /r/p-1/locks/${'b'.repeat(64)} HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${auth}\r\n${head}\r\n\r\n`,
      );
      let text = '';
      for await (const part of socket.setEncoding('utf8')) text += part;
      return text.slice(9, 12);
    };
    expect(await raw('transfer-encoding: chunked')).toBe('411');
    expect(await raw('content-length: 999999')).toBe('403');
    expect((await kinds(shop)).slice(-2).map((line) => line.split(' ')[0])).toEqual([
      'no_length',
      'too_large',
    ]);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const { hostname, port } = new URL(vault.url);
    const auth = Buffer.from(`${shop.user}:${shop.password.reveal()}`).toString('base64');
    const socket = connect({ host: hostname, port: Number(port), ca: vault.ca, servername: 'localhost' });
    const half = 'c'.repeat(64);
    socket.write(
      `POST /r/p-1/data/${half} HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${auth}\r\ncontent-length: 900000\r\n\r\n`,
    );
    socket.write(Buffer.alloc(400_000));
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.destroy();
    await expect.poll(async () => (await ask(shop, 'HEAD', `/r/p-1/data/${half}`)).status).toBe(404);
    await expect
      .poll(async () => existsSync(join(vault.place(shop, 'p-1'), 'data', 'cc', half)), { timeout: 5000 })
      .toBe(false);
  });

  test("another platform's repository is not there, and its journal is its own", async () => {
    expect((await ask(other, 'GET', `/r/p-1/data/${name}`)).status).toBe(404);
    expect((await kinds(other)).some((line) => line.includes('p-1'))).toBe(false);
  });

  test('nobody, a wrong password, and a code that was used', async () => {
    expect((await ask(undefined, 'GET', '/r/p-1/config')).status).toBe(401);
    const wrong = { ...shop, password: new Secret('x'.repeat(50)) };
    expect((await ask(wrong, 'DELETE', '/r/p-1/config')).status).toBe(401);
    const code = await makeCode(vault.settings.state, Date.now());
    const one = { ...shop, user: 'one', password: new Secret('y'.repeat(50)) };
    expect(await vaultClient.enrol(one, code)).toBeUndefined();
    expect(await vaultClient.enrol(one, code)).toBeUndefined();
    expect(await vaultClient.enrol({ ...one, user: 'two' }, code)).toMatchObject({
      code: 'vault_code_refused',
    });
    expect(await vaultClient.enrol({ ...shop, password: one.password }, code)).toMatchObject({
      code: 'vault_code_refused',
    });
    expect((await kinds(shop)).filter((line) => /^(credential|code)/.test(line))).toHaveLength(4);
  });
});

test('a vault that is nearly full takes nothing more and says so, and keeps what it has', async () => {
  const full = await startVault({ reserveBytes: Number.MAX_SAFE_INTEGER });
  try {
    const access = await full.platform('shop');
    const saved = vault;
    vault = full;
    expect((await ask(access, 'POST', '/r/p-1/config', Buffer.from('config'))).status).toBe(507);
    vault = saved;
    expect(must(await vaultClient.status(access)).state).toBe('full');
    expect(must(await vaultClient.journal(access, 0)).entries.at(-1)?.kind).toBe('disk_full');
  } finally {
    await full.stop();
  }
});

test('what one platform may add in a day is limited', async () => {
  const small = await startVault({ dailyBytes: 100 });
  try {
    const access = await small.platform('shop');
    const saved = vault;
    vault = small;
    expect((await ask(access, 'POST', '/r/p-1/config', Buffer.alloc(90))).status).toBe(200);
    expect((await ask(access, 'POST', `/r/p-1/data/${name}`, body)).status).toBe(507);
    vault = saved;
    expect(must(await vaultClient.journal(access, 0)).entries.at(-1)?.kind).toBe('daily_limit');
  } finally {
    await small.stop();
  }
});

test('the authority is found by its fingerprint, and by no other', async () => {
  expect(must(await vaultClient.authority(vault.url, vault.fingerprint)).trim()).toBe(vault.ca.trim());
  const got = await vaultClient.authority(vault.url, 'f'.repeat(64));
  expect(isRefusal(got) && got.code).toBe('vault_untrusted');
});

test('a changed journal is noticed by whoever reads it', async () => {
  const changed = await startVault();
  try {
    const access = await changed.platform('shop');
    const saved = vault;
    vault = changed;
    for (const path of ['/a', '/b', '/c']) await ask(access, 'GET', path);
    vault = saved;
    const journal = join(changed.settings.state, 'journal.jsonl');
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replace('"/b"', '"/x"'));
    expect(await vaultClient.journal(access, 0)).toMatchObject({ code: 'vault_journal_broken' });
    await writeFile(
      journal,
      text
        .split('\n')
        .filter((line) => !line.includes('"/b"'))
        .join('\n'),
    );
    expect(isRefusal(await vaultClient.journal(access, 0))).toBe(true);
  } finally {
    await changed.stop();
  }
});
