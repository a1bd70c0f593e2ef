import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';

let api: TestApi;
let mine: Awaited<ReturnType<TestApi['world']>>;
let owner: string;
let developer: string;
let viewer: string;
const call = caller(() => api);

beforeAll(async () => {
  api = await testApi();
  mine = await api.world('mine');
  await api.world('foreign');
  owner = await api.account('owner', mine.organizationId);
  developer = await api.account('developer', mine.organizationId);
  viewer = await api.account('viewer', mine.organizationId);
});
afterAll(() => api.close());

const body = {
  name: 'uploads',
  endpoint: 'https://s3.example.com/',
  bucket: 'shop-uploads',
  accessKeyId: 'KEY1',
  secretAccessKey: 'CANARY-SECRET-VALUE',
};
const at = '/v1/projects/mine/objects';
const accepted = () =>
  api.t.db.updateTable('object_stores').set({ credential: 1 }).where('credential', '=', 0).execute();

test('the secret is sealed as it comes in, and nothing that is kept, told or logged has it', async () => {
  expect((await call('POST', at, { token: viewer, body })).statusCode).toBe(403);
  expect((await call('POST', at, { token: owner, body })).statusCode).toBe(202);
  const kept = await api.t.db.selectFrom('object_credentials').selectAll().executeTakeFirstOrThrow();
  expect(kept).toMatchObject({ generation: 1, access_key_id: 'KEY1' });
  expect(kept.sealed.length).toBeGreaterThan(100);
  const shown = await call('GET', `${at}/uploads`, { token: viewer });
  expect(shown.json()).toMatchObject({
    state: 'checking',
    endpoint: 'https://s3.example.com',
    region: 'us-east-1',
    accessKeyId: null,
  });
  const operations = await api.t.db.selectFrom('operations').selectAll().execute();
  const audit = await api.t.db.selectFrom('audit_log').selectAll().execute();
  const all = JSON.stringify([kept, shown.json(), operations, audit, api.logged]);
  expect(all).not.toContain('CANARY');
  expect(operations.some(({ kind }) => kind === 'objects.bind')).toBe(true);
  expect(codeOf(await call('POST', at, { token: owner, body }))).toBe('objects_exists');
});

test.each([
  ['endpoint', 'http://s3.example.com'],
  ['endpoint', 'https://10.0.0.1'],
  ['endpoint', 'https://registry.internal'],
  ['bucket', 'UPPER'],
  ['bucket', '../other'],
  ['region', 'eu\r\nx: y'],
  ['accessKeyId', 'KEY1\r\nx'],
  ['secretAccessKey', 'two words'],
])('a %s like %j is not taken', async (field, value) => {
  const answer = await call('POST', at, { token: owner, body: { ...body, name: 'other', [field]: value } });
  expect(answer.statusCode).toBe(422);
  expect(answer.body).not.toContain('two words');
});

test('one that was not accepted is neither attached nor given another key', async () => {
  const store = { store: 'uploads' };
  expect(codeOf(await call('POST', '/v1/apps/mine/objects', { token: developer, body: store }))).toBe(
    'objects_not_ready',
  );
  const pair = { accessKeyId: 'KEY2', secretAccessKey: 'another-secret' };
  expect(codeOf(await call('PUT', `${at}/uploads/credential`, { token: owner, body: pair }))).toBe(
    'objects_not_ready',
  );
});

test('it is attached once, to apps that have no such config vars of their own, and not forgotten meanwhile', async () => {
  await accepted();
  const own = { app_id: mine.appId, organization_id: mine.organizationId, sealed: 'x', secret: true };
  await api.t.db
    .insertInto('config_vars')
    .values({ ...own, name: 'AWS_REGION' })
    .execute();
  const attach = (ownNames: boolean) =>
    call('POST', '/v1/apps/mine/objects', { token: developer, body: { store: 'uploads', ownNames } });
  expect(codeOf(await attach(false))).toBe('objects_variable_taken');
  expect((await attach(true)).statusCode).toBe(202);
  expect(codeOf(await attach(true))).toBe('objects_attached_already');
  expect(codeOf(await call('DELETE', `${at}/uploads`, { token: owner }))).toBe('objects_attached');
  const pair = { accessKeyId: 'KEY2', secretAccessKey: 'another-secret' };
  expect((await call('PUT', `${at}/uploads/credential`, { token: owner, body: pair })).statusCode).toBe(202);
  const row = await api.t.db.selectFrom('object_credentials').select('generation').execute();
  expect(row.map(({ generation }) => generation).sort()).toEqual([1, 2]);
  expect((await call('DELETE', '/v1/apps/mine/objects/uploads', { token: developer })).statusCode).toBe(202);
  expect(codeOf(await call('DELETE', '/v1/apps/mine/objects/others', { token: developer }))).toBe(
    'objects_not_found',
  );
});

test('a stranger finds nothing of it', async () => {
  const stranger = await api.account('owner', (await api.world('third')).organizationId);
  expect(codeOf(await call('GET', at, { token: stranger }))).toBe('project_not_found');
  expect(codeOf(await call('GET', `${at}/uploads`, { token: stranger }))).toBe('project_not_found');
});
