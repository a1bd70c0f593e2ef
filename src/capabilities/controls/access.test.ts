import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Control } from '../../../controls/contract/control.ts';
import type { Canary, Party, Tools } from '../../../controls/contract/tools.ts';
import credentials from '../../../controls/platform/credentials/control.ts';
import guessing from '../../../controls/platform/guessing/control.ts';
import permissions from '../../../controls/platform/permissions/control.ts';
import { type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { countsOf } from './store.ts';

/** Controls of who may do what, at work against the whole API, with faults planted in it. */
let api: TestApi;
const tokens: Partial<Record<Party, string>> = {};
let account: string;

const ask = async (method: string, url: string, token: string | undefined, body?: unknown) => {
  const answer = await api.server.inject({
    method: method as 'GET',
    url,
    headers: {
      'x-forwarded-for': '198.51.100.7',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const said = answer.body === '' ? undefined : (JSON.parse(answer.body) as { error?: { code: string } });
  return { status: answer.statusCode, body: said, code: said?.error?.code };
};

const canary = (of: 'a' | 'b'): Canary => {
  const name = `canary-${of}`;
  return {
    organization: name,
    project: name,
    app: name,
    host: `${name}.localhost`,
    database: name,
    volume: name,
  };
};

const tools = {
  domain: 'localhost',
  canary,
  now: () => Date.now(),
  sleep: async () => {},
  token: () => randomBytes(16).toString('hex'),
  say: () => {},
  api: (as: Party, method: string, path: string, body?: unknown) => ask(method, path, tokens[as], body),
  async web(url: string, options?: { headers?: Record<string, string> }) {
    const token = options?.headers?.authorization?.slice('Bearer '.length);
    const { status } = await ask('GET', new URL(url).pathname, token);
    return { status, headers: {}, body: '' };
  },
  observe: (kind: string) => countsOf(api.t.db, kind === 'ssh' ? 'ssh_facts' : 'credential_facts'),
} as unknown as Tools;

const run = async (one: Control) => one.judge(await one.attack(tools, await one.arrange(tools)));

beforeAll(async () => {
  api = await testApi();
  for (const of of ['a', 'b'] as const) {
    const { organizationId } = await api.world(`canary-${of}`);
    tokens[of] = await api.account('owner', organizationId);
  }
  account = newId();
  await api.t.db.insertInto('accounts').values({ id: account, name: 'ada' }).execute();
});
afterAll(() => api.close());

describe('platform/permissions', () => {
  test('holds, and sees a neighbour who was let in', async () => {
    expect(await run(permissions)).toMatchObject({ verdict: 'held' });

    const [{ account_id }, { organization_id }] = [
      await api.t.db
        .selectFrom('memberships')
        .innerJoin('organizations', 'organizations.id', 'organization_id')
        .where('organizations.name', '=', 'canary-b')
        .select('account_id')
        .executeTakeFirstOrThrow(),
      await api.t.db
        .selectFrom('projects')
        .where('name', '=', 'canary-a')
        .select('organization_id')
        .executeTakeFirstOrThrow(),
    ];
    const planted = { account_id, organization_id, role: 'viewer' as const };
    await api.t.db.insertInto('memberships').values(planted).execute();
    const judged = await run(permissions);
    expect(judged).toMatchObject({ verdict: 'broken' });
    expect(judged.reason).toContain('b GET');
    await api.t.db
      .deleteFrom('memberships')
      .where('account_id', '=', account_id)
      .where('organization_id', '=', organization_id)
      .execute();
  });
});

describe('platform/credentials', () => {
  const session = (factor: 'totp' | null) => ({
    id: newId(),
    account_id: account,
    hash: randomBytes(32),
    level: 2,
    kind: 'cli' as const,
    device: 'a desk',
    source_address: null,
    network: 'x',
    expires_at: new Date(Date.now() + 3_600_000),
    factor,
  });

  test('holds, and sees who is in without a second factor', async () => {
    await api.t.db.insertInto('sessions').values(session('totp')).execute();
    expect(await run(credentials)).toMatchObject({ verdict: 'held' });
    // The database itself knows no whole session without a factor: the fault takes that wall away too.
    await sql`alter table sessions drop constraint sessions_check`.execute(api.t.db);
    const planted = session(null);
    await api.t.db.insertInto('sessions').values(planted).execute();
    expect(await run(credentials)).toMatchObject({ verdict: 'broken' });
    await api.t.db.deleteFrom('sessions').where('id', '=', planted.id).execute();
    expect(await run(credentials)).toMatchObject({ verdict: 'held' });
  });

  test('sees a token for ever', async () => {
    const planted = { id: newId(), account_id: account, name: 'old', hash: randomBytes(32) };
    await api.t.db
      .insertInto('api_tokens')
      .values({ ...planted, expires_at: new Date('2099-01-01') })
      .execute();
    expect(await run(credentials)).toMatchObject({ verdict: 'broken' });
    await api.t.db.deleteFrom('api_tokens').where('id', '=', planted.id).execute();
  });
});

test('platform/guessing holds: who guesses has to wait, and who is in is not locked out', async () => {
  expect(await run(guessing)).toMatchObject({ verdict: 'held' });
});

test('the agent counts entries by SSH that outstay, and certificates without a second factor', async () => {
  const { organizationId, projectId, appId } = await api.world('doors');
  const none = { entries: 0, overdue: 0, long: 0, bare: 0 };
  expect(await countsOf(api.t.db, 'ssh_facts')).toEqual(none);
  const of = { organization_id: organizationId, project_id: projectId };
  const past = new Date(Date.now() - 600_000);
  await api.t.db
    .insertInto('ssh_entries')
    .values({ ...of, id: newId(), until: past, opened_by: 'ada', opened_at: past, created_at: past })
    .execute();
  await api.t.db
    .insertInto('ssh_certificates')
    .values({
      ...{ ...of, id: newId(), app_id: appId, account_id: account, account: 'ada', role: 'owner' },
      ...{ public_key: 'x', seconds: 300, until: new Date(Date.now() + 86_400_000) },
    })
    .execute();
  expect(await countsOf(api.t.db, 'ssh_facts')).toEqual({ entries: 1, overdue: 1, long: 1, bare: 1 });
});
