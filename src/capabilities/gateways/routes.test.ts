import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';

const SOURCE = '203.0.113.7';
let api: TestApi;
let world: Awaited<ReturnType<TestApi['world']>>;
let token: string;

beforeAll(async () => {
  api = await testApi();
  world = await api.world('shop');
  token = await api.account('developer', world.organizationId);
});
afterAll(() => api.close());
beforeEach(async () => void (await api.t.db.deleteFrom('grants').execute()));

const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, as = token) => {
  const answer = await api.server.inject({
    method,
    url: `/v1/projects/shop/grants${path}`,
    headers: { authorization: `Bearer ${as}` },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: answer.statusCode, body: answer.json() };
};
const open = (over: object = {}) =>
  ask('POST', '', { gateway: 'postgres', source: SOURCE, seconds: 600, ...over });

describe('the API', () => {
  it.each([
    ['grant_source_invalid', { source: '127.0.0.1' }],
    ['grant_source_invalid', { source: '10.200.0.1' }],
    ['grant_database_not_found', { database: 'other' }],
    ['grant_database_not_found', { gateway: 'mysql' }],
  ])('refuses with %s: %o', async (code, over) => {
    const { status, body } = await open(over);
    expect([status >= 400, body.error.code]).toEqual([true, code]);
  });

  it('refuses what is no grant at all', async () => {
    for (const bad of [
      { source: '0.0.0.0/0' },
      { source: 'any' },
      { seconds: 59 },
      { seconds: 86_401 },
      { gateway: 'ssh' },
      { role: 'x' },
    ])
      expect((await open(bad)).status).toBe(422);
  });

  it("does not open, see or close another organization's", async () => {
    const other = await api.world('other');
    const stranger = await api.account('owner', other.organizationId);
    const { body } = await open();
    expect((await ask('POST', '', { gateway: 'postgres', source: SOURCE }, stranger)).status).toBe(404);
    expect((await ask('GET', '', undefined, stranger)).status).toBe(404);
    expect((await ask('DELETE', `/${body.grant}`, undefined, stranger)).status).toBe(404);
    const viewer = await api.account('viewer', world.organizationId);
    expect((await ask('POST', '', { gateway: 'postgres', source: SOURCE }, viewer)).status).toBe(403);
    expect((await ask('GET', '', undefined, viewer)).status).toBe(200);
  });

  it('finds no grant by the id of another project', async () => {
    expect((await ask('DELETE', `/${newId()}`)).body.error.code).toBe('grant_not_found');
  });
});

it('gives the URL that is to be used, and cannot read the verifier back', async () => {
  const { body } = await open({ source: '2001:DB8:0::7' });
  expect(body.url).toMatch(
    /^postgres:\/\/(g_[a-z0-9]{16}):[A-Za-z0-9_-]{43}@bastide\.localhost:5432\/\1\?sslmode=verify-full$/,
  );
  const { grants } = (await ask('GET', '')).body;
  expect(grants).toMatchObject([{ source: '2001:db8::7', state: 'opening', database: 'shop' }]);
  expect(JSON.stringify(grants)).not.toContain('SCRAM');
});

it('lets a project have so many grants and no more', async () => {
  for (let n = 0; n < 20; n += 1) expect((await open()).status).toBe(202);
  expect((await open()).body.error.code).toBe('grant_limit');
});
