import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { testClock } from '../access/testing/people.ts';
import type { GrantHistory } from './model.ts';
import { idOf, staff, WHY } from './testing/staff.ts';
import { past } from './testing.ts';
import { endStaffAccess } from './upkeep.ts';

const clock = testClock(Date.now());
let api: TestApi;
const s = staff(() => api, clock);
const { call, member, customer, operator, ask, answer, logs, fresh, granted, alertsOf } = s;

beforeAll(async () => {
  api = await testApi([], clock.now);
  await s.start();
});
afterAll(() => api.close());

describe('consent', () => {
  test('from the request to the end, and everything in between is the customer’s to see', async () => {
    const shop = await customer();
    expect(codeOf(await logs(shop))).toBe('app_not_found');
    const id = idOf(await ask(shop.name));
    expect(codeOf(await logs(shop))).toBe('app_not_found');
    expect(await alertsOf(shop)).toMatchObject([{ code: 'staff_access_requested', severity: 'warning' }]);
    await fresh(shop.owner);
    expect((await answer(shop, id, 'approve')).json()).toMatchObject({ state: 'live', scopes: ['logs'] });
    expect(await alertsOf(shop)).toEqual([]);

    const asked = await logs(shop);
    expect(asked.statusCode, asked.body).toBe(202);
    const { operationId } = asked.json() as { operationId: string };
    const look = () => call('GET', `/v1/operations/${operationId}`, { token: operator().token });
    expect((await look()).statusCode).toBe(200);
    expect(codeOf(await call('GET', `/v1/operations/${shop.operationId}`, { token: operator().token }))).toBe(
      'operation_not_found',
    );
    expect((await answer(shop, id, 'revoke')).json()).toMatchObject({ state: 'ended', endReason: 'revoked' });
    expect(codeOf(await logs(shop))).toBe('app_not_found');
    expect(codeOf(await look())).toBe('operation_not_found');
    const row = await api.t.db
      .selectFrom('operations')
      .select(['status', 'grant_id'])
      .where('id', '=', operationId)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ status: 'cancelled', grant_id: id });

    const shown = await call('GET', `/v1/organizations/${shop.name}/staff-access/${id}`, {
      token: shop.owner.token,
    });
    const { deeds } = shown.json() as z.infer<typeof GrantHistory>;
    expect(deeds.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'staff-access.requested done',
      'staff-access.approved done',
      'logs:read allowed',
      'apps.logs allowed',
      'operations:read allowed',
      'staff-access.revoked done',
    ]);
  });

  test('is given by an owner or admin who is signed in and has just proven who he is, and by nobody else', async () => {
    const shop = await customer();
    const id = idOf(await ask(shop.name));
    for (const role of ['developer', 'viewer', 'auditor'])
      expect(codeOf(await answer(shop, id, 'approve', (await member(role, shop.organizationId)).token))).toBe(
        'access_denied',
      );
    const token = await api.account('owner', shop.organizationId);
    expect(codeOf(await answer(shop, id, 'approve', token))).toBe('session_needed');
    clock.pass(11 * 60_000);
    expect(codeOf(await answer(shop, id, 'approve'))).toBe('step_up_needed');
    const other = await customer();
    expect(codeOf(await answer(other, id, 'approve'))).toBe('staff_access_not_found');
    expect(codeOf(await logs(shop))).toBe('app_not_found');
    const admin = await member('admin', shop.organizationId);
    expect((await answer(shop, id, 'approve', admin.token)).statusCode).toBe(200);
  });

  test('is never one’s own, by the code and by the database', async () => {
    const shop = await customer();
    await api.t.db
      .insertInto('memberships')
      .values({ account_id: operator().person.id, organization_id: shop.organizationId, role: 'owner' })
      .execute();
    const id = idOf(await ask(shop.name));
    await fresh(operator());
    for (const verb of ['approve', 'decline'])
      expect(codeOf(await answer(shop, id, verb, operator().token))).toBe('staff_access_own');
    await api.t.db
      .deleteFrom('memberships')
      .where('organization_id', '=', shop.organizationId)
      .where('account_id', '=', operator().person.id)
      .execute();
    const self = api.t.db
      .updateTable('staff_grants')
      .set({
        decision: 'approved',
        decided_by: operator().person.id,
        decided_at: sql<Date>`now()`,
        until: sql<Date>`now()`,
      })
      .where('id', '=', id)
      .execute();
    await expect(self).rejects.toThrow();
  });

  test('is decided once, and not after its time', async () => {
    const shop = await customer();
    const id = idOf(await ask(shop.name));
    expect((await answer(shop, id, 'decline')).json()).toMatchObject({ state: 'declined' });
    await fresh(shop.owner);
    expect(codeOf(await answer(shop, id, 'approve'))).toBe('staff_access_decided');
    expect(codeOf(await logs(shop))).toBe('app_not_found');
    const late = idOf(await ask(shop.name));
    await past(api.t, (db) =>
      db
        .updateTable('staff_grants')
        .set({ requested_at: new Date(0), expires_at: new Date(1) })
        .where('id', '=', late)
        .execute(),
    );
    expect(codeOf(await answer(shop, late, 'approve'))).toBe('staff_access_decided');
  });

  test('says why, how long and what for, in bounds', async () => {
    const shop = await customer();
    const url = '/v1/platform/staff-access';
    const body = { project: shop.name, scopes: ['logs'], seconds: 1800 };
    const { token } = operator();
    expect(codeOf(await call('POST', url, { token, body }))).toBe('staff_access_reason_needed');
    for (const wrong of [{ scopes: ['config'] }, { scopes: [] }, { seconds: 9 * 3600 }, { seconds: 1 }])
      expect((await call('POST', url, { token, body: { ...body, ...wrong }, headers: WHY })).statusCode).toBe(
        422,
      );
    expect(codeOf(await ask('nowhere'))).toBe('staff_access_not_found');
    expect(codeOf(await ask(shop.name, shop.owner.token))).toBe('access_denied');
  });
});

describe('a grant ends', () => {
  test('by itself, by the clock of the API and by that of the database', async () => {
    const shop = await customer();
    const id = await granted(shop);
    expect((await logs(shop)).statusCode).toBe(202);
    clock.pass(121 * 60_000);
    expect(codeOf(await logs(shop)), "the API's clock").toBe('app_not_found');
    clock.pass(-121 * 60_000);
    await past(api.t, (db) =>
      db
        .updateTable('staff_grants')
        .set({
          decided_at: sql<Date>`now() - interval '2 hours'`,
          until: sql<Date>`now() - interval '1 second'`,
        })
        .where('id', '=', id)
        .execute(),
    );
    expect(codeOf(await logs(shop)), "the database's clock").toBe('app_not_found');
    await endStaffAccess(api.t.db);
    const row = await api.t.db
      .selectFrom('staff_grants')
      .select('end_reason')
      .where('id', '=', id)
      .executeTakeFirst();
    expect(row?.end_reason).toBe('ended');
    const left = await api.t.db
      .selectFrom('operations')
      .select('status')
      .where('grant_id', '=', id)
      .execute();
    expect(left).toEqual([{ status: 'cancelled' }]);
  });

  test('with the operator, and with the project where it goes to somebody else', async () => {
    const shop = await customer();
    const id = await granted(shop);
    await past(api.t, (db) =>
      db
        .updateTable('staff_grants')
        .set({ requested_by: shop.owner.person.id, decided_by: operator().person.id })
        .where('id', '=', id)
        .execute(),
    );
    await endStaffAccess(api.t.db);
    const reason = (which: string) =>
      api.t.db.selectFrom('staff_grants').select('end_reason').where('id', '=', which).executeTakeFirst();
    expect(await reason(id)).toEqual({ end_reason: 'no-operator' });
    const second = await granted(shop);
    const other = await customer();
    await api.t.db
      .updateTable('projects')
      .set({ organization_id: other.organizationId })
      .where('id', '=', shop.projectId)
      .execute();
    expect(await reason(second)).toEqual({ end_reason: 'moved' });
    expect(codeOf(await logs(shop))).toBe('app_not_found');
  });

  test('and whoever follows an operation under it hears so at once', async () => {
    const shop = await customer();
    const id = await granted(shop);
    const { operationId } = (await logs(shop)).json() as { operationId: string };
    await api.t.db
      .updateTable('operations')
      .set({ status: 'running' })
      .where('id', '=', operationId)
      .execute();
    const stream = call('GET', `/v1/operations/${operationId}/events`, { token: operator().token });
    await answer(shop, id, 'revoke');
    expect((await stream).body).toMatch(/grant-ended|operation_not_found/);
    const row = await api.t.db
      .selectFrom('operations')
      .select('cancel_requested_at')
      .where('id', '=', operationId)
      .executeTakeFirst();
    expect(row?.cancel_requested_at).not.toBeNull();
  });

  test('when it is given back', async () => {
    const shop = await customer();
    const id = await granted(shop);
    const back = () => call('DELETE', `/v1/platform/staff-access/${id}`, { token: operator().token });
    expect((await back()).json()).toMatchObject({ endReason: 'given-back' });
    expect(codeOf(await back())).toBe('staff_access_over');
  });
});

test('what is typed under a grant stands in the customer’s audit log', async () => {
  const shop = await customer();
  const id = await granted(shop, ['database']);
  const asked = await call('POST', `/v1/databases/${shop.name}/queries`, { token: operator().token });
  const { operationId } = asked.json() as { operationId: string };
  await call('POST', `/v1/operations/${operationId}/input`, {
    token: operator().token,
    body: { source: 'stdin', data: 'select * from people;' },
  });
  const shown = await call('GET', `/v1/organizations/${shop.name}/staff-access/${id}`, {
    token: shop.owner.token,
  });
  const { deeds } = shown.json() as z.infer<typeof GrantHistory>;
  expect(deeds.find(({ action }) => action === 'staff-access.typed')?.what).toBe('select * from people;');
});

test('a terminal under a grant is recorded though nobody asked for it', async () => {
  const shop = await customer();
  await granted(shop, ['database']);
  const asked = await call('POST', `/v1/databases/${shop.name}/sessions`, {
    token: operator().token,
    body: { record: false },
  });
  expect(asked.statusCode, asked.body).toBe(202);
  const { operationId } = asked.json() as { operationId: string };
  const { input } = await api.t.db
    .selectFrom('operations')
    .select('input')
    .where('id', '=', operationId)
    .executeTakeFirstOrThrow();
  expect(input).toMatchObject({ record: true });
});
