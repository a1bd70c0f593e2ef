import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { alert } from '../../engine/alert.ts';
import { newId } from '../../kernel/id.ts';

let api: TestApi;
let token: string;
let operator: string;
let foreign: string;
const call = caller(() => api);
const told = { severity: 'critical', subject: 'database:1', message: 'late', next: 'look' } as const;
const codes = (answer: { json(): unknown }) =>
  (answer.json() as { alerts: { code: string }[] }).alerts.map((one) => one.code).sort();

beforeAll(async () => {
  api = await testApi();
  const mine = await api.world('mine');
  const other = await api.world('other');
  token = await api.account('developer', mine.organizationId);
  foreign = await api.account('owner', other.organizationId);
  operator = await api.account('operator', null);
  await alert(api.t.db, { ...told, code: 'mine', organizationId: mine.organizationId });
  await alert(api.t.db, { ...told, code: 'theirs', organizationId: other.organizationId });
  await alert(api.t.db, { ...told, code: 'platforms' });
});
afterAll(() => api.close());

it('are seen by whom they concern; operators see all', async () => {
  expect(codes(await call('GET', '/v1/organizations/mine/alerts', { token }))).toEqual(['mine']);
  expect(codes(await call('GET', '/v1/platform/alerts', { token: operator }))).toEqual([
    'mine',
    'platforms',
    'theirs',
  ]);
});

it('are acknowledged by whom they concern, and by nobody else', async () => {
  const { id } = await api.t.db
    .selectFrom('alerts')
    .select('id')
    .where('code', '=', 'mine')
    .executeTakeFirstOrThrow();
  const at = (organization: string, alertId: string) =>
    `/v1/organizations/${organization}/alerts/${alertId}/acknowledge` as const;
  expect(codeOf(await call('POST', at('other', id), { token: foreign }))).toBe('alert_not_found');
  expect(codeOf(await call('POST', at('mine', newId()), { token }))).toBe('alert_not_found');
  expect((await call('POST', at('mine', id), { token })).statusCode).toBe(200);
  const row = await api.t.db.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  expect(row.acknowledged_by).toMatch(/^u/);
  expect(row.resolved_at).toBeNull();
});
