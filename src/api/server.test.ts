import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createBootstrapToken } from '../capabilities/access/bootstrap.ts';
import { newId } from '../kernel/id.ts';
import { route } from './route.ts';
import { type TestApi, testApi } from './testing.ts';

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

const call = (
  method: 'GET' | 'POST' | 'DELETE' | 'PUT',
  url: string,
  options: { token?: string | undefined; body?: unknown; headers?: Record<string, string> } = {},
) =>
  api.server.inject({
    method,
    url,
    headers: {
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined
      ? {}
      : { payload: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
  });

const code = (answer: { json(): unknown }) => (answer.json() as { error?: { code?: string } }).error?.code;

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

describe('the audit log', () => {
  test('has a line for each decision about a change, with its reason, and for what failed', async () => {
    const viewer = await api.account('viewer', shop.organizationId);
    const body = { name: 'shop' };
    const headers = { 'x-bastide-reason': encodeURIComponent('tidy up — ticket 7') };
    await call('POST', '/v1/organizations/shop/projects', { token: viewer, body, headers });
    await call('POST', '/v1/organizations/shop/projects', { token: owner, body });
    const { entries } = (await call('GET', '/v1/organizations/shop/audit', { token: owner })).json() as {
      entries: Record<string, unknown>[];
    };
    expect(entries.slice(0, 2)).toEqual([
      expect.objectContaining({
        action: 'projects:create',
        outcome: 'failed',
        detail: expect.objectContaining({ code: 'project_exists' }),
      }),
      expect.objectContaining({ action: 'projects:create', outcome: 'denied', reason: 'tidy up — ticket 7' }),
    ]);
    expect((await call('GET', '/v1/organizations/shop/audit', { token: viewer })).statusCode).toBe(403);
  });
});

describe('following an operation', () => {
  const eventsOf = (body: string) =>
    body
      .split('\n\n')
      .filter(Boolean)
      .map((block) => {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        return {
          id: field('id'),
          event: field('event')!,
          data: JSON.parse(field('data')!) as Record<string, unknown>,
        };
      });

  test('gives steps, lines and the end; a second reader goes on where the first stopped', async () => {
    const id = newId();
    const { db } = api.t;
    await db
      .insertInto('operations')
      .values({
        id,
        organization_id: shop.organizationId,
        kind: 'apps.deploy',
        target: 'app:x',
        requested_by: 'me',
      })
      .execute();
    const reading = call('GET', `/v1/operations/${id}/events`, { token: owner });
    await db.updateTable('operations').set({ status: 'running' }).where('id', '=', id).execute();
    const step = {
      operation_id: id,
      seq: 1,
      capability: 'apps',
      kind: 'build',
      key: 'b',
      summary: 'Build',
    } as const;
    await db
      .insertInto('operation_steps')
      .values({ ...step, status: 'started' })
      .execute();
    await db
      .insertInto('operation_log')
      .values({ operation_id: id, source: 'build', line: 'hello\nworld' })
      .execute();
    await db
      .updateTable('operation_steps')
      .set({ status: 'done', finished_at: new Date() })
      .where('operation_id', '=', id)
      .execute();
    await db
      .updateTable('operations')
      .set({ status: 'succeeded', finished_at: new Date(), result: '{"version":3}' })
      .where('id', '=', id)
      .execute();
    const answer = await reading;
    expect(answer.headers['content-type']).toBe('text/event-stream');
    const events = eventsOf(answer.body);
    const told = events.filter((e) => e.event === 'step' || e.event === 'log');
    expect(told.filter((e) => e.event === 'step').map((e) => e.data.status)).toEqual(['started', 'done']);
    expect(told.find((e) => e.event === 'log')?.data.line).toBe('hello\nworld');
    expect(events.at(-1)).toMatchObject({
      event: 'end',
      data: { status: 'succeeded', result: { version: 3 } },
    });

    const resumed = await call('GET', `/v1/operations/${id}/events`, {
      token: owner,
      headers: { 'last-event-id': events.at(-1)!.id! },
    });
    expect(eventsOf(resumed.body).map((e) => e.event)).toEqual(['status', 'end']);
  });

  test('passes the same door as everything', async () => {
    const foreign = await api.world('foreign');
    const answer = await call('GET', `/v1/operations/${foreign.operationId}/events`, { token: owner });
    expect([answer.statusCode, code(answer)]).toEqual([404, 'operation_not_found']);
  });

  test('only who started an operation types into it', async () => {
    const answer = await call('POST', `/v1/operations/${shop.operationId}/input`, {
      token: owner,
      body: { data: 'ls\n' },
    });
    expect(code(answer)).toBe('operation_not_yours');
  });
});

describe('an upload', () => {
  const upload = (payload: Buffer, headers: Record<string, string> = {}) =>
    api.server.inject({
      method: 'POST',
      url: '/v1/apps/shop/sources',
      headers: { authorization: `Bearer ${owner}`, 'content-type': 'application/gzip', ...headers },
      payload,
    });

  test('is stored whole under a name of ours, and bound to its app', async () => {
    const answer = await upload(Buffer.alloc(300_000, 7));
    expect(answer.statusCode).toBe(201);
    const { upload: id } = answer.json() as { upload: string };
    expect(await readdir(api.uploads)).toEqual([id]);
    const row = await api.t.db.selectFrom('uploads').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ id, app_id: shop.appId, bytes: 300_000 });
  });

  test('of another type is refused, and leaves nothing', async () => {
    const before = await readdir(api.uploads);
    const answer = await upload(Buffer.from('{}'), { 'content-type': 'application/json' });
    expect([answer.statusCode, code(answer)]).toEqual([415, 'content_type_unsupported']);
    expect(await readdir(api.uploads)).toEqual(before);
  });

  test('without a token is not read', async () => {
    const answer = await upload(Buffer.alloc(10), { authorization: '' });
    expect(answer.statusCode).toBe(401);
  });
});
