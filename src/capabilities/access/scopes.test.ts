import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { limitOf } from './decide.ts';
import { type Action, actions, limitable } from './model.ts';
import { people, testClock } from './testing/people.ts';
import { wellFormed } from './tokens.ts';

const clock = testClock();
let api: TestApi;
let shop: Awaited<ReturnType<TestApi['world']>>;
let owner: string;
const { call } = people(() => api, clock);

beforeAll(async () => {
  api = await testApi([], () => new Date());
  shop = await api.world('shop');
  await api.world('other');
  // So that a stream of their events ends by itself.
  await api.t.db.updateTable('operations').set({ status: 'succeeded', finished_at: new Date() }).execute();
  owner = await api.account('owner', shop.organizationId);
  await api.t.db
    .insertInto('projects')
    .values({ id: newId(), organization_id: shop.organizationId, name: 'second' })
    .execute();
});
afterAll(() => api.close());

const make = async (body: object) =>
  (
    (
      await call('POST', '/v1/account/tokens', { token: owner, body: { name: 'limited', ...body } })
    ).json() as {
      token: string;
    }
  ).token;

describe('a limited token', () => {
  test('does its actions and no other, though its owner may', async () => {
    const token = await make({ actions: ['apps:read'] });
    expect((await call('GET', '/v1/apps/shop', { token })).statusCode).toBe(200);
    expect(codeOf(await call('GET', '/v1/projects/shop', { token }))).toBe('access_denied');
    expect((await call('GET', '/v1/projects', { token })).json()).toEqual({ projects: [] });
  });

  test('is for its projects and no other, and for nothing that belongs to none', async () => {
    const token = await make({ projects: ['second'] });
    expect((await call('GET', '/v1/projects/second', { token })).statusCode).toBe(200);
    for (const url of [
      '/v1/projects/shop',
      '/v1/apps/shop',
      '/v1/organizations/shop',
      `/v1/operations/${shop.operationId}`,
    ])
      expect(codeOf(await call('GET', url, { token })), url).toBe('access_denied');
  });

  test('makes no better one, and says whose it is', async () => {
    const token = await make({ actions: [...limitable] });
    const answer = await call('POST', '/v1/account/tokens', { token, body: { name: 'all' } });
    expect(codeOf(answer)).toBe('access_denied');
    expect((await call('GET', '/v1/account', { token })).statusCode).toBe(200);
  });

  test.each([
    ['an action of people and rights', { actions: ['members:manage'] }],
    ["an action of one's own account", { actions: ['tokens:create'] }],
    ['an action of the platform', { actions: ['nodes:manage'] }],
    ['no action', { actions: ['apps:eat'] }],
    ["another's project", { projects: ['shop', 'other'] }],
  ])('is not made for %s', async (_, limits) => {
    const body = { name: 'x', ...limits };
    expect(codeOf(await call('POST', '/v1/account/tokens', { token: owner, body }))).toBe(
      'token_scope_unknown',
    );
  });
});

test('a limit is never passed: every action, every kind of resource', () => {
  const organizationId = 'o';
  for (const action of Object.keys(actions) as Action[]) {
    const other = limitOf({ actions: [], projects: null }, action, {
      type: 'App',
      id: 'a',
      organizationId,
      projectId: 'p',
    });
    expect(other === undefined, action).toBe(action === 'account:read');
    for (const resource of [
      { type: 'Organization', id: 'o', organizationId },
      { type: 'App', id: 'a', organizationId, projectId: 'q' },
      { type: 'Operation', id: 'a', organizationId, projectId: null },
      { type: 'Operation', id: 'a', organizationId },
      { type: 'Platform' },
      { type: 'Account', id: 'a' },
    ] as const) {
      const kept = limitOf({ actions: null, projects: ['p'] }, action, resource);
      expect(kept === undefined, `${action} ${resource.type}`).toBe(action === 'account:read');
    }
  }
});

describe('a deploy token', () => {
  const create = async (days?: number) =>
    (
      await call('POST', '/v1/projects/shop/deploy-tokens', { token: owner, body: { name: 'ci', days } })
    ).json() as { token: string; id: string; expiresAt: string };

  test('may deploy in its project and nothing else: every route', async () => {
    const { token } = await create();
    expect(wellFormed('bsd', token)).toBe(true);
    const may: string[] = [];
    for (const row of api.rows) {
      if (row.form === 'public' || row.permission.resource === 'list') continue;
      const url = row.path.replace(/:(\w+)/g, (_, name: string) =>
        name === 'operation'
          ? shop.operationId
          : ['project', 'app', 'organization', 'database'].includes(name)
            ? 'shop'
            : newId(),
      );
      const answer = await call(row.method, url, {
        token,
        ...(row.method === 'GET' ? {} : { body: '"\\u0000"' }),
      });
      if (
        codeOf(answer.headers['content-type']?.includes('json') ? answer : { json: () => ({}) }) !==
        'access_denied'
      )
        may.push(row.permission.action);
    }
    expect([...new Set(may)].sort()).toEqual([
      'account:read',
      'apps:deploy',
      'apps:read',
      'operations:read',
      'releases:read',
    ]);
  });

  test('does nothing in another project, is listed without its value, and stops when it is revoked', async () => {
    const { token, id } = await create();
    expect((await call('GET', '/v1/apps/other', { token })).statusCode).toBe(404);
    const list = await call('GET', '/v1/projects/shop/deploy-tokens', { token: owner });
    expect(list.body).not.toContain(token);
    expect(list.json()).toMatchObject({
      tokens: expect.arrayContaining([expect.objectContaining({ id, name: 'ci' })]),
    });
    expect((await call('GET', '/v1/apps/shop', { token })).statusCode).toBe(200);
    const used = await api.t.db
      .selectFrom('deploy_tokens')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(used.last_used_at).not.toBeNull();
    expect((await call('DELETE', `/v1/projects/shop/deploy-tokens/${id}`, { token: owner })).statusCode).toBe(
      200,
    );
    expect((await call('GET', '/v1/apps/shop', { token })).statusCode).toBe(401);
  });

  test('ends after 90 days unless told, and a year at most (Coolify CVE-2026-42172)', async () => {
    const days = (Date.parse((await create()).expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
    const body = { name: 'ci', days: 366 };
    expect(codeOf(await call('POST', '/v1/projects/shop/deploy-tokens', { token: owner, body }))).toBe(
      'token_too_long',
    );
    for (const table of ['api_tokens', 'deploy_tokens', 'sessions', 'invitations'] as const) {
      const endless = api.t.db.selectFrom(table).select('id').where('expires_at', 'is', null).execute();
      expect(await endless, table).toEqual([]);
    }
  });
});

test('a token is replaced by one of the same limits, and the old one ends', async () => {
  const first = (
    await call('POST', '/v1/account/tokens', {
      token: owner,
      body: { name: 'ci', days: 30, actions: ['apps:read'] },
    })
  ).json() as { id: string; token: string };
  const rotate = (id: string, hours: number) =>
    call('POST', `/v1/account/tokens/${id}/rotate`, { token: owner, body: { hours } });
  const next = (await rotate(first.id, 24)).json() as { id: string; token: string; expiresAt: string };
  expect(Math.round((Date.parse(next.expiresAt) - Date.now()) / 86_400_000)).toBe(30);
  expect((await call('GET', '/v1/apps/shop', { token: first.token })).statusCode).toBe(200);
  expect(codeOf(await call('GET', '/v1/projects/shop', { token: next.token }))).toBe('access_denied');
  await rotate(next.id, 0);
  expect((await call('GET', '/v1/apps/shop', { token: next.token })).statusCode).toBe(401);
});
