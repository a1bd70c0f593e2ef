import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createBootstrapToken } from '../capabilities/access/bootstrap.ts';
import { route } from './route.ts';
import { caller, codeOf, type TestApi, testApi } from './testing.ts';

let api: TestApi;
let shop: Awaited<ReturnType<TestApi['world']>>;
let owner: string;

beforeAll(async () => {
  api = await testApi([
    route({
      method: 'GET',
      path: '/v1/bug',
      operationId: 'bug',
      permission: { action: 'account:read', resource: 'self' },
      summary: 'A bug',
      response: z.object({ ok: z.boolean() }),
      handler: async () => {
        throw new Error('the secret is canary-7261');
      },
    }),
    route({
      method: 'GET',
      path: '/v1/leak',
      operationId: 'leak',
      permission: { action: 'account:read', resource: 'self' },
      summary: 'Answers more than it declares',
      response: z.object({ name: z.string() }),
      handler: async () => ({ name: 'x', password: 'canary-7261' }),
    }),
  ]);
  shop = await api.world('shop');
  owner = await api.account('owner', shop.organizationId);
});
afterAll(() => api.close());

const call = caller(() => api);
const code = codeOf;

describe('every failure has one form', () => {
  test.each([
    ['an unknown address', 'GET', '/v1/nothing', undefined, 404, 'route_not_found'],
    ['another method', 'DELETE', '/v1/apps', undefined, 405, 'method_not_allowed'],
    ['a broken escape', 'GET', '/v1/apps/%zz', undefined, 400, 'request_malformed'],
    ['broken JSON', 'POST', '/v1/sessions/bootstrap', '{', 400, 'request_malformed'],
    ['a __proto__ key', 'POST', '/v1/sessions/bootstrap', '{"__proto__":{}}', 400, 'request_malformed'],
    ['an unknown key', 'POST', '/v1/sessions/bootstrap', { token: 'a', extra: 1 }, 422, 'request_invalid'],
    ['a NUL', 'POST', '/v1/sessions/bootstrap', { token: 'a\0' }, 422, 'request_invalid'],
    ['too much', 'POST', '/v1/sessions/bootstrap', `"${'x'.repeat(1024 * 1024)}"`, 413, 'request_too_large'],
    ['no token', 'GET', '/v1/apps', undefined, 401, 'not_signed_in'],
  ] as const)('%s', async (_, method, url, body, status, expected) => {
    const answer = await call(method, url, { body });
    expect([answer.statusCode, code(answer)]).toEqual([status, expected]);
    expect(answer.json()).toEqual({
      error: expect.objectContaining({ message: expect.any(String), next: expect.any(String) }),
    });
  });

  test('a type that is not taken', async () => {
    const answer = await call('POST', '/v1/sessions/bootstrap', {
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    expect([answer.statusCode, code(answer)]).toEqual([415, 'content_type_unsupported']);
  });

  test('405 says what is allowed', async () => {
    expect((await call('DELETE', '/v1/apps')).headers.allow).toBe('GET');
  });

  test('a bug tells the request id and nothing else', async () => {
    const answer = await call('GET', '/v1/bug', {
      token: owner,
      headers: { 'x-request-id': 'edge-12345678' },
    });
    expect([answer.statusCode, code(answer)]).toEqual([500, 'internal_error']);
    expect(answer.body).toContain('edge-12345678');
    expect(answer.body).not.toContain('canary');
    expect(api.logged.some((entry) => entry.error?.includes('canary-7261'))).toBe(true);
  });
});

test('what else a path takes is told only to who may do it', async () => {
  const stranger = await api.account('owner', (await api.world('elsewhere')).organizationId);
  const path = (organization: string) => `/v1/organizations/${organization}/alerts/no-id/acknowledge`;
  const theirs = await call('POST', path('shop'), { token: stranger });
  const nobodys = await call('POST', path('nobody'), { token: stranger });
  expect([theirs.statusCode, code(theirs)]).toEqual([404, 'organization_not_found']);
  expect(theirs.body.replaceAll('shop', 'nobody')).toBe(nobodys.body);
  expect(code(await call('POST', path('shop'), { token: owner }))).toBe('request_invalid');
});

test('what a response does not declare does not leave', async () => {
  const answer = await call('GET', '/v1/leak', { token: owner });
  expect(answer.body).toBe('{"name":"x"}');
});

test('a request id from outside is taken in its strict form only', async () => {
  const ask = async (id: string) =>
    (await call('GET', '/up', { headers: { 'x-request-id': id } })).headers['x-request-id'];
  expect(await ask('edge-12345678')).toBe('edge-12345678');
  for (const bad of ['short', 'a b c d e f g h', 'x'.repeat(65), 'a"><script>aaa'])
    expect(await ask(bad)).not.toBe(bad);
});

test('answers carry the security headers', async () => {
  const { headers } = await call('GET', '/up');
  expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['cache-control']).toBe('no-store');
});

describe('the first sign-in', () => {
  test('turns a bootstrap token into an API token, once', async () => {
    const token = (await createBootstrapToken(api.t.db)).reveal();
    const first = await call('POST', '/v1/sessions/bootstrap', { body: { token } });
    expect(first.statusCode).toBe(201);
    const made = first.json() as { token: string };
    const who = await call('GET', '/v1/account', { token: made.token });
    expect(who.json()).toEqual({ name: 'admin', memberships: [{ organization: null, role: 'operator' }] });
    const again = await call('POST', '/v1/sessions/bootstrap', { body: { token } });
    expect([again.statusCode, code(again)]).toEqual([401, 'bootstrap_refused']);
  });

  test('an expired one is refused', async () => {
    const token = (await createBootstrapToken(api.t.db, new Date(Date.now() - 25 * 3_600_000))).reveal();
    expect((await call('POST', '/v1/sessions/bootstrap', { body: { token } })).statusCode).toBe(401);
  });

  test('guessing is slowed down by address, for the right token too, and for nobody else', async () => {
    const from = (address: string, token: string) =>
      call('POST', '/v1/sessions/bootstrap', { body: { token }, headers: { 'x-forwarded-for': address } });
    for (let i = 0; i < 10; i++) expect((await from('203.0.113.9', 'bsb_wrong')).statusCode).toBe(401);
    const right = (await createBootstrapToken(api.t.db)).reveal();
    const throttled = await from('203.0.113.9', right);
    expect([throttled.statusCode, code(throttled)]).toEqual([429, 'sign_in_throttled']);
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
    expect((await from('1.2.3.4, 203.0.113.9', right)).statusCode).toBe(429);
    expect((await from('203.0.113.10', right)).statusCode).toBe(201);
  });

  test('so is guessing API tokens', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    for (let i = 0; i < 10; i++)
      expect((await call('GET', '/v1/apps', { token: 'bst_x', headers })).statusCode).toBe(401);
    expect((await call('GET', '/v1/apps', { token: owner, headers })).statusCode).toBe(429);
    expect((await call('GET', '/v1/apps', { token: owner })).statusCode).toBe(200);
  });
});

describe('API tokens', () => {
  test('are listed without their value, and stop at once when revoked', async () => {
    const made = (
      await call('POST', '/v1/account/tokens', { token: owner, body: { name: 'laptop' } })
    ).json() as { id: string; token: string };
    const list = await call('GET', '/v1/account/tokens', { token: made.token });
    expect(list.body).not.toContain(made.token);
    expect((list.json() as { tokens: { name: string; current: boolean }[] }).tokens).toContainEqual(
      expect.objectContaining({ name: 'laptop', current: true }),
    );
    expect((await call('DELETE', `/v1/account/tokens/${made.id}`, { token: owner })).statusCode).toBe(200);
    expect((await call('GET', '/v1/account', { token: made.token })).statusCode).toBe(401);
    expect((await call('DELETE', `/v1/account/tokens/${made.id}`, { token: owner })).statusCode).toBe(404);
  });

  test('live a year at most, and 90 days unless told', async () => {
    const ask = (days: number | undefined) =>
      call('POST', '/v1/account/tokens', { token: owner, body: { name: 'ci', days } });
    expect(code(await ask(366))).toBe('token_too_long');
    const { expiresAt } = (await ask(undefined)).json() as { expiresAt: string };
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000)).toBe(90);
  });

  test("nobody revokes another's", async () => {
    const other = await api.account('owner', shop.organizationId);
    const { id } = (
      await call('POST', '/v1/account/tokens', { token: other, body: { name: 'mine' } })
    ).json() as { id: string };
    expect((await call('DELETE', `/v1/account/tokens/${id}`, { token: owner })).statusCode).toBe(404);
    expect((await call('GET', '/v1/account', { token: other })).statusCode).toBe(200);
  });
});

describe('organizations and projects', () => {
  test('are created by who may, and the project waits for its key', async () => {
    const operator = await api.account('operator');
    expect(
      (await call('POST', '/v1/organizations', { token: owner, body: { name: 'acme' } })).statusCode,
    ).toBe(403);
    expect(
      (await call('POST', '/v1/organizations', { token: operator, body: { name: 'acme' } })).statusCode,
    ).toBe(201);
    expect(code(await call('POST', '/v1/organizations', { token: operator, body: { name: 'acme' } }))).toBe(
      'organization_exists',
    );
    const made = await call('POST', '/v1/organizations/acme/projects', {
      token: operator,
      body: { name: 'site' },
    });
    expect(made.statusCode).toBe(202);
    const { operationId } = made.json() as { operationId: string };
    const operation = await call('GET', `/v1/operations/${operationId}`, { token: operator });
    expect(operation.json()).toMatchObject({ kind: 'keys.create-project', status: 'queued', steps: [] });
    expect((await call('GET', '/v1/projects/site', { token: operator })).json()).toMatchObject({
      ready: false,
      organization: 'acme',
    });
    expect((await call('GET', '/v1/projects/site', { token: owner })).statusCode).toBe(404);
    const list = (await call('GET', '/v1/projects', { token: owner })).json() as {
      projects: { name: string }[];
    };
    expect(list.projects.map((p) => p.name)).toEqual(['shop']);
  });
});
