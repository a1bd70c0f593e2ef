import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, testApi } from '../../api/testing.ts';
import { hashToken, newToken } from '../access/tokens.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Q1wU7k2m0m1n4f2h2c7u3k3nqkqk3l2p0aJ0b1c2d';
const PEM = `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(60)}\n-----END PUBLIC KEY-----\n`;
const BLOB = Buffer.from('a certificate as sshd accepted it');
const gateway = newToken('bsg').reveal();

let api: TestApi;
let world: Awaited<ReturnType<TestApi['world']>>;
let [owner, developer, viewer] = ['', '', ''];

beforeAll(async () => {
  api = await testApi();
  world = await api.world('shop');
  owner = await api.account('owner', world.organizationId);
  developer = await api.account('developer', world.organizationId);
  viewer = await api.account('viewer', world.organizationId);
  await api.t.db
    .insertInto('ssh_gateways')
    .values({ hash: hashToken(gateway) })
    .execute();
});
afterAll(() => api.close());
beforeEach(async () => {
  for (const table of ['ssh_sessions', 'ssh_entries', 'ssh_certificates', 'ssh_keys'] as const)
    await api.t.db.deleteFrom(table).execute();
});

async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown, as?: string) {
  const answer = await api.server.inject({
    method,
    url,
    headers: as ? { authorization: `Bearer ${as}` } : {},
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: answer.statusCode, body: answer.json() };
}
const open = (as = developer, body: object = { seconds: 600 }) =>
  ask('POST', '/v1/projects/shop/ssh/entry', body, as);
const certify = (as = developer) => ask('POST', '/v1/apps/shop/ssh/certificates', { publicKey: PEM }, as);
const begin = (over: object = {}) =>
  ask('POST', '/v1/ssh/sessions', {
    gateway,
    app: 'shop',
    credential: BLOB.toString('base64'),
    command: 'node script.js',
    ...over,
  });
const check = (token: string) => ask('GET', '/v1/apps/shop/ssh/session', undefined, token);

/** An open entry and a certificate that the agent has signed. */
async function ready(): Promise<string> {
  await open();
  const { body } = await certify();
  await api.t.db
    .updateTable('ssh_certificates')
    .set({ certificate: 'x', hash: createHash('sha256').update(BLOB).digest() })
    .where('id', '=', body.certificate)
    .execute();
  return body.certificate;
}

describe('entry', () => {
  it('is closed until opened: no certificate before, one after, one entry at a time', async () => {
    expect((await certify()).body.error.code).toBe('ssh_entry_closed');
    expect((await open()).status).toBe(202);
    expect((await open()).body.error.code).toBe('ssh_entry_exists');
    expect((await certify()).status).toBe(202);
    expect((await ask('DELETE', '/v1/projects/shop/ssh/entry', undefined, developer)).status).toBe(202);
    expect((await certify()).body.error.code).toBe('ssh_entry_closed');
  });

  it('is not for viewers, and its sources are networks of outside', async () => {
    expect((await open(viewer)).body.error.code).toBe('access_denied');
    await open();
    expect((await certify(viewer)).body.error.code).toBe('access_denied');
    for (const from of [['127.0.0.1'], ['0.0.0.0/0'], ['10.200.0.0/24']])
      expect((await open(developer, { seconds: 600, from })).body.error.code).toBe('ssh_source_invalid');
  });

  it('is asked for by a person: a token of an account with a second factor gets no certificate', async () => {
    await open();
    const { account_id } = await api.t.db
      .selectFrom('api_tokens')
      .select('account_id')
      .where('hash', '=', hashToken(developer))
      .executeTakeFirstOrThrow();
    await api.t.db
      .insertInto('totp_factors')
      .values({ account_id, seed: new Uint8Array(20), confirmed_at: new Date() })
      .execute();
    expect((await certify()).body.error.code).toBe('ssh_person_needed');
    await api.t.db.deleteFrom('totp_factors').execute();
  });
});

describe('a session', () => {
  it('stands for the person, in the one project, for what pushes and commands need', async () => {
    await ready();
    const { status, body } = await begin();
    expect([status, body.pushesOnly]).toEqual([201, false]);
    expect((await check(body.token)).status).toBe(200);
    expect((await ask('POST', '/v1/apps/shop/rollback', {}, body.token)).body.error.code).toBe(
      'access_denied',
    );
    await api.world('other');
    expect((await ask('GET', '/v1/apps/other/ssh/session', undefined, body.token)).status).toBe(404);
  });

  it('is refused to another gateway, credential or app', async () => {
    await ready();
    for (const over of [
      { gateway: newToken('bsg').reveal() },
      { gateway: 'x' },
      { credential: Buffer.from('another').toString('base64') },
      { app: 'blog' },
    ])
      expect((await begin(over)).body.error.code).toBe('ssh_session_refused');
  });

  it.each([
    [
      'its certificate is revoked',
      (id: string) => ask('DELETE', `/v1/projects/shop/ssh/certificates/${id}`, undefined, developer),
    ],
    ['all are', () => ask('DELETE', '/v1/projects/shop/ssh/certificates/all', undefined, developer)],
    ['the entry is closed', () => ask('DELETE', '/v1/projects/shop/ssh/entry', undefined, developer)],
  ])('ends at once when %s, and no other begins', async (_, end) => {
    const id = await ready();
    const { body } = await begin();
    expect((await end(id)).status).toBeLessThan(300);
    expect((await check(body.token)).status).toBe(401);
    expect((await begin()).body.error.code).toBe('ssh_session_refused');
  });

  it('ends when it says so, and is in the audit log, let in or not', async () => {
    await ready();
    const { body } = await begin();
    await begin({ app: 'blog' });
    expect((await ask('DELETE', '/v1/apps/shop/ssh/session', undefined, body.token)).status).toBe(200);
    expect((await check(body.token)).status).toBe(401);
    const lines = await api.t.db
      .selectFrom('audit_log')
      .select(['actor', 'outcome', 'target'])
      .where('action', '=', 'ssh.session')
      .orderBy('seq', 'desc')
      .limit(2)
      .execute();
    expect(lines).toEqual([
      { actor: 'ssh', outcome: 'denied', target: 'app:blog' },
      { actor: body.actor, outcome: 'allowed', target: 'app:shop' },
    ]);
  });
});

describe('an enrolled key', () => {
  const enrol = (as: string, publicKey = KEY) =>
    ask('POST', '/v1/projects/shop/ssh/keys', { name: 'ci', publicKey, days: 30 }, as);
  const credential = KEY.split(' ')[1];

  it('is for admins to give, and pushes only, until it is revoked', async () => {
    expect((await enrol(developer)).body.error.code).toBe('access_denied');
    expect((await enrol(owner, 'ssh-rsa AAAA')).body.error.code).toBe('ssh_key_unfit');
    const { body: key } = await enrol(owner);
    expect((await enrol(owner)).body.error.code).toBe('ssh_key_exists');
    expect((await begin({ credential })).body.error.code).toBe('ssh_session_refused');
    await open();
    const { body } = await begin({ credential });
    expect([body.actor, body.pushesOnly]).toEqual(['key:ci', true]);
    const run = await ask('POST', '/v1/apps/shop/runs', { command: ['id'] }, body.token);
    expect(run.body.error.code).toBe('access_denied');
    expect((await ask('DELETE', `/v1/projects/shop/ssh/keys/${key.id}`, undefined, owner)).status).toBe(200);
    expect((await check(body.token)).status).toBe(401);
  });
});

it('shows what is open, and never a public key or a hash', async () => {
  await ready();
  const { body } = await ask('GET', '/v1/projects/shop/ssh', undefined, viewer);
  expect(body.entries).toHaveLength(1);
  expect(body.certificates).toHaveLength(1);
  expect(JSON.stringify(body)).not.toContain('PUBLIC KEY');
});
