import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildPages } from '../../packaging/lib/build.ts';
import type { Started } from '../adapters/exec/port.ts';
import { runner } from '../adapters/exec/run.ts';
import { hashPassword } from '../capabilities/access/passwords.ts';
import { PASSWORD } from '../capabilities/access/testing/people.ts';
import { hashToken, newToken } from '../capabilities/access/tokens.ts';
import { type RealDatabase, realDatabase } from '../db/testing.ts';
import { newId } from '../kernel/id.ts';
import { Secret } from '../kernel/secret.ts';

/** Tries of a campaign, and how many of them are under way at once. */
const TRIES = 10_000;
const AT_ONCE = 16;
const HOME = '198.51.100.7';

let real: RealDatabase;
let dir: string;
let api: Started;
let socket: string;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE + 4 });
const seen: Record<string, unknown> = {};

const start = () =>
  runner.start({
    argv: [process.execPath, join(import.meta.dirname, 'api.ts')],
    env: {
      BASTIDE_DATABASE_URL: `postgresql:///postgres?host=${real.socketDir}&user=bastide_api`,
      BASTIDE_API_SOCKET: socket,
      BASTIDE_UPLOADS: join(dir, 'uploads'),
      BASTIDE_PAGES: join(dir, 'pages'),
    },
    timeoutMs: 900_000,
  });
const up = () =>
  vi.waitFor(async () => expect((await stat(socket)).mode & 0o777).toBe(0o666), {
    timeout: 120_000,
    interval: 200,
  });

beforeAll(async () => {
  real = await realDatabase();
  dir = await mkdtemp(join(tmpdir(), 'bastide-guessing-'));
  socket = join(dir, 'api.sock');
  await buildPages(join(dir, 'pages'));
  api = start();
  await up();
}, 300_000);
afterAll(async () => {
  agent.destroy();
  api.kill('SIGTERM');
  await api.done;
  await real.close();
  await rm(dir, { recursive: true, force: true });
  if (process.env.BASTIDE_WRITE === '1')
    await writeFile(
      join(import.meta.dirname, '../../bench/results/guessing.json'),
      `${JSON.stringify(seen, null, 2)}\n`,
    );
}, 60_000);

/** As the edge asks: over the socket, with the address that it saw. */
function ask(
  method: string,
  path: string,
  address: string,
  options: { body?: unknown; token?: string } = {},
) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const asking = request(
      {
        ...{ socketPath: socket, agent, method, path },
        headers: {
          'x-forwarded-for': address,
          ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
          ...(options.body ? { 'content-type': 'application/json' } : {}),
        },
      },
      (answer) => text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject),
    );
    asking.on('error', reject);
    asking.end(options.body ? JSON.stringify(options.body) : undefined);
  });
}

/** Somebody who signed in from home before. */
async function owner(name: string) {
  const id = newId();
  const email = `${name}@example.org`;
  await real.db.insertInto('accounts').values({ id, name, email }).execute();
  const hash = await hashPassword(new Secret(PASSWORD));
  await real.db.insertInto('account_passwords').values({ account_id: id, hash }).execute();
  const token = newToken('bss').reveal();
  await real.db
    .insertInto('sessions')
    .values({
      id: newId(),
      account_id: id,
      hash: hashToken(token),
      level: 2,
      kind: 'web',
      device: 'home',
      source_address: HOME,
      network: '198.51.100.0/24',
      factor: 'totp',
      factor_at: new Date(),
      expires_at: new Date(Date.now() + 3_600_000),
    })
    .execute();
  const signIn = (address: string) =>
    ask('POST', '/v1/sessions', address, { body: { email, password: PASSWORD } });
  return { email, token, signIn };
}

/** Everything at once that the attacker can; the owner signs in again and again meanwhile. */
async function campaign(
  guess: (n: number) => Promise<{ status: number }>,
  meanwhile: () => Promise<{ status: number }>,
) {
  const began = Date.now();
  const statuses: Record<number, number> = {};
  const owners: { status: number; ms: number }[] = [];
  let next = 0;
  let under = AT_ONCE;
  const attacker = async () => {
    while (next < TRIES) {
      const { status } = await guess(next++);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    under -= 1;
  };
  const own = async () => {
    while (under > 0) {
      const at = Date.now();
      const { status } = await meanwhile();
      owners.push({ status, ms: Date.now() - at });
      await new Promise((done) => setTimeout(done, 1000));
    }
  };
  await Promise.all([...Array.from({ length: AT_ONCE }, attacker), own()]);
  const times = owners.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    seconds: Math.round((Date.now() - began) / 1000),
    statuses,
    ownerStatuses: [...new Set(owners.map(({ status }) => status))],
    ownerSignIns: owners.length,
    ownerMedianMs: times[Math.floor(times.length / 2)],
  };
}

test.each([1, 1000])(
  '10,000 passwords from %i addresses: stopped, and the owner signs in meanwhile and after',
  async (addresses) => {
    const ada = await owner(`ada${addresses}`);
    const from = (n: number) => `10.${(n % addresses) >> 8}.${(n % addresses) & 255}.9`;
    const result = await campaign(
      (n) =>
        ask('POST', '/v1/sessions', from(n), {
          body: { email: ada.email, password: `guess number ${n} it is` },
        }),
      () => ada.signIn(HOME),
    );
    seen[`${addresses} addresses`] = result;
    expect(Object.keys(result.statuses).sort()).toEqual(['401', '429']);
    expect(result.statuses[401]).toBeLessThan(60);
    expect(result.ownerStatuses).toEqual([201]);
    expect((await ada.signIn(HOME)).status).toBe(201);
    // The session that he has is not asked for a password.
    expect((await ask('GET', '/v1/account', '203.0.113.9', { token: ada.token })).status).toBe(200);
    const rows = await real.db.selectFrom('throttles').selectAll().where('account', '=', ada.email).execute();
    expect(rows.reduce((sum, row) => sum + row.refused, 0)).toBeGreaterThan(9000);
    // An attempt that was turned away wrote nothing but a number: the audit log has the judged ones.
    const denied = await real.db
      .selectFrom('audit_log')
      .select('seq')
      .where('outcome', '=', 'denied')
      .where('actor', '=', `ada${addresses}`)
      .execute();
    expect(denied.length).toBe(result.statuses[401]);
  },
  600_000,
);

test('what was counted is there after the API was killed', async () => {
  const ada = await owner('adakilled');
  const guess = () =>
    ask('POST', '/v1/sessions', '10.77.0.9', {
      body: { email: ada.email, password: 'wrong and long enough' },
    });
  for (let n = 0; n < 12; n++) await guess();
  await real.db
    .updateTable('throttles')
    .set({ blocked_until: new Date(Date.now() + 600_000) })
    .where('account', '=', ada.email)
    .where('kind', '=', 'pair')
    .execute();
  api.kill('SIGKILL');
  await api.done;
  await rm(socket, { force: true });
  api = start();
  await up();
  expect((await guess()).status).toBe(429);
  expect((await ada.signIn(HOME)).status).toBe(201);
}, 300_000);

test('10,000 tokens from 1,000 addresses: the wrong ones wait, a right one is let through from among them', async () => {
  const { token } = await owner('bob');
  const from = (n: number) => `172.16.${n & 3}.${(n % 250) + 1}`;
  const result = await campaign(
    (n) => ask('GET', '/v1/account', from(n), { token: `bst_${String(n).padStart(49, '0')}` }),
    () => ask('GET', '/v1/account', '172.16.0.254', { token }),
  );
  seen.tokens = result;
  expect(result.statuses[401]).toBeLessThan(400);
  expect(result.ownerStatuses).toEqual([200]);
}, 600_000);
