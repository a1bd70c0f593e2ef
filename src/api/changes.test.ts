import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../kernel/id.ts';
import { caller, codeOf, type TestApi, testApi } from './testing.ts';

let api: TestApi;
let shop: Awaited<ReturnType<TestApi['world']>>;
let owner: string;

beforeAll(async () => {
  api = await testApi();
  shop = await api.world('shop');
  owner = await api.account('owner', shop.organizationId);
});
afterAll(() => api.close());

const call = caller(() => api);
const code = codeOf;

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

test('no app takes the name that the platform answers at', async () => {
  const create = (name: string) => call('POST', '/v1/projects/shop/apps', { token: owner, body: { name } });
  expect(code(await create('bastide'))).toBe('app_name_taken');
  expect((await create('bastide-fan')).statusCode).toBe(201);
  // It would be read as shop in other letters.
  expect(code(await create('xn--shp-5na'))).toBe('request_invalid');
});

test('a config var with an impossible name hears what a name is', async () => {
  await call('POST', '/v1/projects/shop/apps', { token: owner, body: { name: 'names' } });
  const body = { set: { '1FOO': { value: 'x' } } };
  const refused = await call('PATCH', '/v1/apps/names/config', { token: owner, body });
  expect(code(refused)).toBe('request_invalid');
  expect(refused.body).toContain('does not begin with a digit');
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
