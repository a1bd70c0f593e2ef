import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { KeyGeneration, type RootKey } from './model.ts';

let api: TestApi;
let mine: Awaited<ReturnType<TestApi['world']>>;
let owner: string;
let viewer: string;
let operator: string;
const call = caller(() => api);

beforeAll(async () => {
  api = await testApi();
  mine = await api.world('mine');
  await api.world('foreign');
  owner = await api.account('owner', mine.organizationId);
  viewer = await api.account('viewer', mine.organizationId);
  operator = await api.account('operator');
  for (const [generation, over] of [
    [1, { superseded_at: new Date(), destroyed_at: new Date() }],
    [2, { superseded_at: null, wrapped: Buffer.from('x') }],
  ] as const)
    await api.t.db
      .insertInto('project_keys')
      .values({
        project_id: mine.projectId,
        generation,
        recipient: `age1${generation}`,
        key_id: `${generation}`,
        root_key_id: 'aaaaaaaaaaaaaaaa',
        ...over,
      })
      .execute();
  await api.t.db.insertInto('root_keys').values({ id: 'aaaaaaaaaaaaaaaa', operation_id: newId() }).execute();
});
afterAll(() => api.close());

test('a member sees generations and nothing of the keys themselves', async () => {
  const answer = await call('GET', '/v1/projects/mine/keys', { token: viewer });
  const { keys } = answer.json() as { keys: KeyGeneration[] };
  expect(keys.map((key) => [key.generation, key.state])).toEqual([
    [2, 'current'],
    [1, 'destroyed'],
  ]);
  for (const key of keys) expect(Object.keys(key).sort()).toEqual(Object.keys(KeyGeneration.shape).sort());
  expect(codeOf(await call('GET', '/v1/projects/foreign/keys', { token: viewer }))).toBe('project_not_found');
});

test('a rotation is an operation on the key, asked for by who manages the project', async () => {
  expect((await call('POST', '/v1/projects/mine/keys/rotate', { token: viewer })).statusCode).toBe(403);
  expect((await call('POST', '/v1/projects/mine/keys/rotate', { token: owner })).statusCode).toBe(202);
  const body = { reason: 'a laptop was stolen' };
  expect((await call('POST', '/v1/projects/mine/keys/retire', { token: owner, body })).statusCode).toBe(202);
  const operations = await api.t.db
    .selectFrom('operations')
    .select(['kind', 'target', 'input'])
    .where('kind', 'like', 'keys.%')
    .orderBy('kind', 'desc')
    .execute();
  expect(operations).toEqual([
    {
      kind: 'keys.rotate',
      target: `project-key:${mine.projectId}`,
      input: { projectId: mine.projectId },
    },
    {
      kind: 'keys.retire',
      target: `project-key:${mine.projectId}`,
      input: { projectId: mine.projectId, generation: null, ...body },
    },
  ]);
});

test("the root key is the operators'", async () => {
  const answer = await call('GET', '/v1/root-keys', { token: operator });
  const { keys } = answer.json() as { keys: (typeof RootKey)['_output'][] };
  expect(keys).toMatchObject([{ id: 'aaaaaaaaaaaaaaaa', state: 'current', projectKeys: 1 }]);
  for (const url of ['/v1/root-keys/rotate', '/v1/root-keys/retire'] as const) {
    expect((await call('POST', url, { token: owner, body: { reason: 'x' } })).statusCode).toBe(403);
  }
  expect((await call('POST', '/v1/root-keys/rotate', { token: operator })).statusCode).toBe(202);
});
