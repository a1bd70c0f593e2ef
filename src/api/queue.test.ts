import { afterAll, beforeAll, expect, test } from 'vitest';
import { QUEUED } from '../engine/fairness.ts';
import { newId } from '../kernel/id.ts';
import { caller, codeOf, type TestApi, testApi } from './testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());
const call = caller(() => api);

test('one organization cannot fill the queue: it is refused, nothing is written, and others are not', async () => {
  const [mine, other] = [await api.world('mine'), await api.world('other')];
  const [mallory, vera] = [
    await api.account('owner', mine.organizationId),
    await api.account('owner', other.organizationId),
  ];
  await api.t.db
    .insertInto('operations')
    .values(
      Array.from({ length: QUEUED.organization }, () => ({
        ...{ id: newId(), organization_id: mine.organizationId, kind: 'apps.logs', requested_by: 'somebody' },
        target: newId(),
      })),
    )
    .execute();
  const body = { on: true };
  const refused = await call('PUT', '/v1/apps/mine/maintenance', { token: mallory, body });
  expect([refused.statusCode, codeOf(refused)]).toEqual([429, 'operations_waiting']);
  const app = await api.t.db
    .selectFrom('apps')
    .select('maintenance')
    .where('id', '=', mine.appId)
    .executeTakeFirstOrThrow();
  expect(app.maintenance).toBe(false);
  expect((await call('DELETE', '/v1/apps/mine', { token: mallory })).statusCode).toBe(202);
  expect((await call('PUT', '/v1/apps/other/maintenance', { token: vera, body })).statusCode).toBe(202);
});
