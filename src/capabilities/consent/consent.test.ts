import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { recordingFor } from '../access/decide.ts';
import type { Scope } from '../access/model.ts';
import { people, testClock } from '../access/testing/people.ts';
import type { GrantHistory, StaffGrant } from './model.ts';
import { past } from './testing.ts';
import { endStaffAccess } from './upkeep.ts';

const clock = testClock(Date.now());
let api: TestApi;
const p = people(() => api, clock);
const { call } = p;
type Signed = Awaited<ReturnType<typeof member>>;
let operator: Signed;

async function member(role?: string, organizationId: string | null = null) {
  const person = await p.account(role, organizationId);
  return { person, ...(await p.signUp(person)) };
}

beforeAll(async () => {
  api = await testApi([], clock.now);
  operator = await member('operator');
});
afterAll(() => api.close());

let worlds = 0;
async function customer() {
  worlds += 1;
  const name = `shop${worlds}x`;
  const world = await api.world(name);
  return { name, ...world, owner: await member('owner', world.organizationId) };
}
type Customer = Awaited<ReturnType<typeof customer>>;

const WHY = { 'x-bastide-reason': encodeURIComponent('Ticket 4711: answers 502 since noon') };
const idOf = (answer: { json(): unknown }) => (answer.json() as z.infer<typeof StaffGrant>).id;

const ask = (project: string, token = operator.token, scopes: Scope[] = ['logs'], kind = 'staff-access') =>
  call('POST', `/v1/platform/${kind}`, {
    token,
    body: { project, scopes, seconds: kind === 'break-glass' ? 3600 : 7200 },
    headers: WHY,
  });
const answer = (shop: Customer, id: string, verb: string, token = shop.owner.token) =>
  call('POST', `/v1/organizations/${shop.name}/staff-access/${id}/${verb}`, { token });
const logs = (shop: Customer, token = operator.token) =>
  call('POST', `/v1/apps/${shop.name}/logs`, { token, body: {} });

async function granted(shop: Customer, scopes: Scope[] = ['logs']): Promise<string> {
  const id = idOf(await ask(shop.name, operator.token, scopes));
  await fresh(shop.owner);
  const done = await answer(shop, id, 'approve');
  expect(done.statusCode, done.body).toBe(200);
  return id;
}
/** A second factor is proven again: the tests take longer than ten minutes by their clock. */
const fresh = (who: Signed) => p.prove(who.token, who.seed);

const alertsOf = async (shop: Customer) =>
  (
    (await call('GET', `/v1/organizations/${shop.name}/alerts`, { token: shop.owner.token })).json() as {
      alerts: { code: string; severity: string; message: string }[];
    }
  ).alerts;

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
    const look = () => call('GET', `/v1/operations/${operationId}`, { token: operator.token });
    expect((await look()).statusCode).toBe(200);
    expect(codeOf(await call('GET', `/v1/operations/${shop.operationId}`, { token: operator.token }))).toBe(
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
      .values({ account_id: operator.person.id, organization_id: shop.organizationId, role: 'owner' })
      .execute();
    const id = idOf(await ask(shop.name));
    await fresh(operator);
    for (const verb of ['approve', 'decline'])
      expect(codeOf(await answer(shop, id, verb, operator.token))).toBe('staff_access_own');
    await api.t.db
      .deleteFrom('memberships')
      .where('organization_id', '=', shop.organizationId)
      .where('account_id', '=', operator.person.id)
      .execute();
    const self = api.t.db
      .updateTable('staff_grants')
      .set({
        decision: 'approved',
        decided_by: operator.person.id,
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
    const { token } = operator;
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
        .set({ requested_by: shop.owner.person.id, decided_by: operator.person.id })
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
    const stream = call('GET', `/v1/operations/${operationId}/events`, { token: operator.token });
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
    const back = () => call('DELETE', `/v1/platform/staff-access/${id}`, { token: operator.token });
    expect((await back()).json()).toMatchObject({ endReason: 'given-back' });
    expect(codeOf(await back())).toBe('staff_access_over');
  });
});

test('what is typed under a grant stands in the customer’s audit log', async () => {
  const shop = await customer();
  const id = await granted(shop, ['database']);
  const asked = await call('POST', `/v1/databases/${shop.name}/queries`, { token: operator.token });
  const { operationId } = asked.json() as { operationId: string };
  await call('POST', `/v1/operations/${operationId}/input`, {
    token: operator.token,
    body: { source: 'stdin', data: 'select * from people;' },
  });
  const shown = await call('GET', `/v1/organizations/${shop.name}/staff-access/${id}`, {
    token: shop.owner.token,
  });
  const { deeds } = shown.json() as z.infer<typeof GrantHistory>;
  expect(deeds.find(({ action }) => action === 'staff-access.typed')?.what).toBe('select * from people;');
});

test('a session on a decision that rests on a grant is recorded, and no other', () => {
  expect(recordingFor({ grant: 'g' })).toEqual({ record: true, grant: 'g' });
  expect(recordingFor({})).toEqual({ record: false, grant: null });
});

describe('break-glass', () => {
  const confirm = (id: string, token: string) =>
    call('POST', `/v1/platform/break-glass/${id}/confirm`, { token });
  const review = (id: string, token: string) =>
    call('POST', `/v1/platform/break-glass/${id}/review`, {
      token,
      body: { finding: 'Needed, and kept to it' },
    });
  const forADay = (who: Signed) =>
    api.t.db
      .updateTable('memberships')
      .set({ since: new Date(Date.now() - 2 * 86_400_000) })
      .where('account_id', '=', who.person.id)
      .execute();

  test('takes two operators, tells the customer at once, and is reviewed by somebody else', async () => {
    const shop = await customer();
    await fresh(operator);
    const id = idOf(await ask(shop.name, operator.token, ['logs'], 'break-glass'));
    await forADay(operator);
    expect(codeOf(await confirm(id, operator.token))).toBe('staff_access_own');
    expect(codeOf(await answer(shop, id, 'approve'))).toMatch(/staff_access_not_found|step_up_needed/);
    const second = await member('operator');
    expect(codeOf(await confirm(id, second.token))).toBe('break_glass_too_new');
    expect(codeOf(await logs(shop))).toBe('app_not_found');
    await forADay(second);
    expect((await confirm(id, second.token)).json()).toMatchObject({ state: 'live' });
    expect(codeOf(await confirm(id, second.token))).toBe('staff_access_decided');
    expect((await logs(shop)).statusCode).toBe(202);
    expect(await alertsOf(shop)).toMatchObject([{ code: 'break_glass_opened', severity: 'critical' }]);

    const officer = await member('security-officer');
    expect(codeOf(await review(id, second.token))).toBe('access_denied');
    expect((await review(id, officer.token)).json()).toMatchObject({ reviewedBy: officer.person.name });
    expect(codeOf(await review(id, officer.token))).toBe('break_glass_unreviewable');
    expect(await alertsOf(shop)).toEqual([]);
    const platform = await call('GET', '/v1/platform/audit?limit=500', { token: officer.token });
    expect(platform.body).toContain('break-glass.opened');
    expect(platform.body).toContain('break-glass.reviewed');
    expect((await answer(shop, id, 'revoke')).json()).toMatchObject({ endReason: 'revoked' });
  });

  test('lasts an hour at most and asks for a fresh factor', async () => {
    const shop = await customer();
    const long = { project: shop.name, scopes: ['logs'], seconds: 3601 };
    await fresh(operator);
    const asked = () =>
      call('POST', '/v1/platform/break-glass', { token: operator.token, body: long, headers: WHY });
    expect((await asked()).statusCode).toBe(422);
    clock.pass(11 * 60_000);
    expect(codeOf(await asked())).toBe('step_up_needed');
  });
});

describe('the plane', () => {
  test('gives a role to others with a second factor, never to oneself', async () => {
    await fresh(operator);
    const officer = await member();
    const add = (account: string, role: string) =>
      call('POST', '/v1/platform/staff', { token: operator.token, body: { account, role } });
    expect(codeOf(await add(operator.person.name, 'security-officer'))).toBe('staff_own_role');
    expect(codeOf(await add((await p.account()).name, 'operator'))).toBe('staff_account_not_found');
    expect((await add(officer.person.name, 'prober')).statusCode).toBe(422);
    expect((await add(officer.person.name, 'security-officer')).statusCode).toBe(201);
    expect((await add(officer.person.name, 'platform-auditor')).statusCode).toBe(201);
    const own = await call('GET', '/v1/platform/staff', { token: officer.token });
    expect(own.body).toContain('platform-auditor');
    const remove = (name: string) => call('DELETE', `/v1/platform/staff/${name}`, { token: operator.token });
    expect((await remove(officer.person.name)).statusCode).toBe(200);
    expect(codeOf(await call('GET', '/v1/platform/staff', { token: officer.token }))).toBe('access_denied');
    expect(codeOf(await remove(operator.person.name))).toBe('staff_own_role');
  });

  test('cannot be named inside an organization, not by the database either', async () => {
    const shop = await customer();
    for (const [organization_id, role] of [
      [shop.organizationId, 'security-officer'],
      [shop.organizationId, 'operator'],
      [null, 'owner'],
    ] as const) {
      const account = await p.account();
      const made = api.t.db
        .insertInto('memberships')
        .values({ account_id: account.id, organization_id, role })
        .execute();
      await expect(made, role).rejects.toThrow('memberships_plane_check');
    }
  });
});

test('planted: a grant that nobody decided cannot be kept, and its rules cannot be talked round', async () => {
  const shop = await customer();
  const base = {
    organization_id: shop.organizationId,
    project_id: shop.projectId,
    kind: 'consent' as const,
    scopes: ['logs' as const],
    reason: 'planted by a test',
    seconds: 3600,
    requested_by: operator.person.id,
    requested_name: 'x',
  };
  const live = {
    decision: 'approved' as const,
    decided_at: sql<Date>`now()`,
    until: sql<Date>`now() + interval '1 hour'`,
  };
  const put = (more: object) =>
    api.t.db
      .insertInto('staff_grants')
      .values({ id: newId(), ...base, ...more })
      .execute();
  await expect(put({ ...live, decided_by: shop.owner.person.id })).rejects.toThrow('is made undecided');
  await expect(past(api.t, () => put(live))).rejects.toThrow('check');
  await expect(put({ requested_by: shop.owner.person.id })).rejects.toThrow('asked for by an operator');
  const id = await granted(shop);
  for (const change of [
    { until: sql<Date>`now() + interval '40 minutes'` },
    { seconds: 28_800 },
    { scopes: ['logs' as const, 'database' as const] },
    { reason: 'something else entirely' },
  ]) {
    const changed = api.t.db.updateTable('staff_grants').set(change).where('id', '=', id).execute();
    await expect(changed).rejects.toThrow(/keeps what was asked|decided once/);
  }
});
