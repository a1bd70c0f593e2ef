import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { everything, type LabVault, objectsOf, startVault } from '../lab/vault.ts';

const ATTACKS = join(import.meta.dirname, 'lib/vault.ts');
const SECRETS = '/run/lab/vault';
const KEY = 'the key of the repository';
const REPOSITORY = 'shop-1';

let lab: Lab;
let vault: LabVault;
/** The platform's host: whoever attacks is root here and has read everything. */
let platform: LabHost;
/** What it holds, as root of the platform finds it. */
let held: { url: string; base: string; user: string; password: string; ca: string };

const restic = (words: readonly string[], timeoutMs = 120_000) =>
  platform.exec(
    [
      'restic',
      ...['--repository-file', `${SECRETS}/repository`, '--password-file', `${SECRETS}/key`],
      ...['--cacert', `${SECRETS}/ca.pem`, '--no-cache', ...words],
    ],
    { timeoutMs },
  );
/** Restic asks again for a quarter of an hour; what it is refused the first time is enough. */
const INSISTING = 15_000;

const journal = async (): Promise<{ kind: string; path: string; user: string | null; count: number }[]> => {
  const said = await platform.must([
    ...['curl', '--silent', '--fail', '--cacert', `${SECRETS}/ca.pem`, '--config', `${SECRETS}/curl`],
    `${held.url}/v1/journal?after=0`,
  ]);
  return (
    JSON.parse(said) as { entries: { kind: string; path: string; user: string | null; count: number }[] }
  ).entries;
};

const refusedSoFar = async () => (await journal()).reduce((sum, { count }) => sum + count, 0);

const attack = async (on: object, host: LabHost, place: string): Promise<Record<string, number>> => {
  const stdin = JSON.stringify({ ...on, objects: objectsOf(host, place) });
  return JSON.parse(await platform.must([process.execPath, ATTACKS], { stdin })) as Record<string, number>;
};

const place = () => `/var/lib/bastide-vault/data/${held.user}/${REPOSITORY}`;

beforeAll(async () => {
  lab = await createLab({ hosts: ['p1', 'v1'], uplink: false });
  platform = lab.host('p1');
  vault = await startVault(lab.host('v1'));
  const ca = vault.host.readFile('/etc/bastide-vault/chain.pem').split(/(?=-----BEGIN)/)[1]!;
  held = { url: vault.url, base: `/r/${REPOSITORY}`, user: 'platform-1', password: 'p'.repeat(64), ca };
  platform.writeFile(`${SECRETS}/ca.pem`, ca);
  platform.writeFile(`${SECRETS}/curl`, `user = "${held.user}:${held.password}"\n`, 0o600);
  const { user, password } = held;
  const enrolled = await platform.must(
    [
      ...['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}', '--data', '@-'],
      ...['--cacert', `${SECRETS}/ca.pem`, `${vault.url}/v1/enrol`],
    ],
    { stdin: JSON.stringify({ code: vault.code, user, password }) },
  );
  expect(enrolled).toBe('200');
  const url = new URL(`${vault.url}/r/${REPOSITORY}/`);
  url.username = user;
  url.password = password;
  platform.writeFile(`${SECRETS}/repository`, `rest:${url.href}`, 0o600);
  platform.writeFile(`${SECRETS}/key`, KEY, 0o600);
  platform.writeFile('/srv/shop/orders.txt', 'gold '.repeat(100_000));
  for (const words of [['init'], ['backup', '/srv/shop']]) {
    const ran = await restic(words);
    expect(ran.code, ran.stderr).toBe(0);
  }
});
afterAll(async () => lab?.close());

describe('root of the platform, with every credential it holds', () => {
  test('can delete, overwrite, truncate, rename and add nothing that is not a backup; each attempt is told', async () => {
    const before = everything(vault.host);
    const known = (await journal()).length;
    const came = await attack(held, vault.host, place());
    expect(Object.keys(came).length).toBeGreaterThan(30);
    for (const [name, status] of Object.entries(came)) expect([400, 403, 411, 507], name).toContain(status);
    expect(everything(vault.host)).toEqual(before);
    const told = (await journal()).slice(known);
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(Object.keys(came).length);
    expect(new Set(told.map(({ kind }) => kind))).toEqual(
      new Set(['delete', 'overwrite', 'method', 'wrong_hash', 'second_key', 'path', 'garbage', 'too_large']),
    );
  });

  test.each([
    ['forget', ['forget', 'latest']],
    ['forget and prune', ['forget', '--prune', '--group-by', '', '--keep-last', '1']],
    ['rebuild the index', ['rebuild-index', '--read-all-packs']],
    ['rewrite the tags', ['tag', '--set', 'gone']],
    ['another key', ['key', 'add', '--new-password-file', `${SECRETS}/curl`]],
    ['another key in place of ours', ['key', 'passwd', '--new-password-file', `${SECRETS}/curl`]],
  ])(
    'restic is refused: %s',
    async (_, words) => {
      // Whoever is killed while insisting leaves a lock.
      expect((await restic(['unlock', '--remove-all'])).code).toBe(0);
      const again = await restic(['backup', '/srv/shop']);
      expect(again.code, again.stderr).toBe(0);
      const before = everything(vault.host);
      const known = await refusedSoFar();
      await restic(words, INSISTING);
      const after = everything(vault.host);
      for (const [path, content] of Object.entries(before)) expect(after[path]).toBe(content);
      // What repeats is counted, and told within a minute.
      await expect.poll(refusedSoFar, { timeout: 90_000, interval: 2000 }).toBeGreaterThan(known);
    },
    300_000,
  );

  test('what was backed up comes back, whole', async () => {
    await restic(['unlock', '--remove-all']);
    const ran = await restic(['check', '--read-data']);
    expect(ran.code, ran.stderr).toBe(0);
    const dumped = await restic(['dump', 'latest', '/srv/shop/orders.txt']);
    expect(dumped.stdout).toBe('gold '.repeat(100_000));
  });

  test('cannot fill the disk unnoticed', async () => {
    await startVault(vault.host, '--daily-gib', '1');
    platform.writeFile('/srv/fill', new Uint8Array(0));
    const filled = await platform.must([process.execPath, '--eval', FILL(held)]);
    expect(filled.trim().split('\n').at(-1)).toBe('507');
    expect((await journal()).some(({ kind }) => kind === 'daily_limit')).toBe(true);
    await restic(['unlock', '--remove-all']);
    const { code, stderr } = await restic(['check']);
    expect(code, stderr).toBe(0);
  }, 600_000);

  test('reaches nothing of the vault but its gate', async () => {
    const open = await platform.must([process.execPath, '--eval', SCAN(vault.host.address)]);
    expect(JSON.parse(open)).toEqual([8444]);
  });
});

describe("the vault's own parts", () => {
  test('run as nobody special, each blind for what the other has', async () => {
    const ps = await vault.host.must(['ps', '-eo', 'uid,args']);
    for (const [uid, words] of [
      ['65010', 'vault.js gate'],
      ['65011', 'vault.js keeper'],
      ['65011', 'rclone serve restic'],
    ])
      expect(ps).toMatch(new RegExp(`^\\s*${uid} .*${words}`, 'm'));
    const as = (uid: string, ...argv: string[]) =>
      vault.host.exec(['setpriv', '--reuid', uid, '--regid', uid, '--clear-groups', ...argv]);
    expect((await as('65010', 'ls', '/var/lib/bastide-vault/data')).code).not.toBe(0);
    expect((await as('65011', 'cat', '/var/lib/bastide-vault/gate/journal.jsonl')).code).not.toBe(0);
    expect((await as('65011', 'cat', '/etc/bastide-vault/key.pem')).code).not.toBe(0);
  });
});

test('the same attacks destroy a store that is not append-only', async () => {
  const host = lab.host('v1');
  await host.must(['mkdir', '-p', '/srv/plain']);
  const address = `${host.address}:9999`;
  for (const [name, file] of [
    ['chain', 'chain.pem'],
    ['key', 'key.pem'],
  ])
    await host.must(['cp', `/etc/bastide-vault/${file}`, `/srv/${name}.pem`]);
  host.spawn([
    ...[
      'rclone',
      'serve',
      'restic',
      '--config',
      '/dev/null',
      '--addr',
      address,
      '--user',
      'u',
      '--pass',
      'p',
    ],
    ...['--cert', '/srv/chain.pem', '--key', '/srv/key.pem', '--cache-objects=false', '/srv/plain'],
  ]);
  await host.waitListening(9999);
  platform.writeFile(`${SECRETS}/repository`, `rest:https://u:p@${address}/plain-1/`, 0o600);
  for (const words of [['init'], ['backup', '/srv/shop']]) {
    const ran = await restic(words);
    expect(ran.code, ran.stderr).toBe(0);
  }
  const bare = { url: `https://${address}`, base: '/plain-1', user: 'u', password: 'p', ca: held.ca };
  const came = await attack(bare, host, '/srv/plain/plain-1');
  expect(Object.values(came).filter((status) => status === 200).length).toBeGreaterThan(5);
  expect((await restic(['check', '--read-data'])).code).not.toBe(0);
});

/** Adds true objects of 64 MiB until the vault takes no more; prints each status. */
const FILL = ({ url, base, user, password, ca }: typeof held) => `
const { createHash, randomBytes } = require('node:crypto');
const { request } = require('node:https');
const ca = ${JSON.stringify(ca)};
const put = (body) => new Promise((resolve) => {
  const name = createHash('sha256').update(body).digest('hex');
  const asking = request(${JSON.stringify(url)} + ${JSON.stringify(base)} + '/data/' + name,
    { method: 'POST', ca, auth: ${JSON.stringify(`${user}:${password}`)}, agent: false, headers: { 'content-length': body.length } },
    (answer) => answer.resume().on('end', () => resolve(answer.statusCode)));
  asking.on('error', () => resolve(0));
  asking.end(body);
});
(async () => {
  const body = randomBytes(64 * 1024 * 1024);
  for (let i = 0; i < 20; i += 1) {
    body.writeUInt32LE(i, 0);
    const status = await put(body);
    console.log(status);
    if (status !== 200) break;
  }
})();
`;

const SCAN = (address: string) => `
const { connect } = require('node:net');
const open = [];
const look = (port) => new Promise((resolve) => {
  const socket = connect({ host: ${JSON.stringify(address)}, port, timeout: 3000 });
  const end = (is) => { if (is) open.push(port); socket.destroy(); resolve(); };
  socket.on('connect', () => end(true)).on('error', () => end(false)).on('timeout', () => end(false));
});
(async () => {
  for (let from = 1; from < 65536; from += 512)
    await Promise.all(Array.from({ length: Math.min(512, 65536 - from) }, (_, i) => look(from + i)));
  console.log(JSON.stringify(open));
})();
`;
