import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { testClock } from '../access/testing/people.ts';
import { idOf, type Staff, staff, WHY } from './testing/staff.ts';
import { past } from './testing.ts';

const clock = testClock(Date.now());
let api: TestApi;
const s = staff(() => api, clock);
const { p, call, member, customer, operator, ask, answer, logs, fresh, granted, alertsOf } = s;

beforeAll(async () => {
  api = await testApi([], clock.now);
  await s.start();
});
afterAll(() => api.close());

describe('break-glass', () => {
  const confirm = (id: string, token: string) =>
    call('POST', `/v1/platform/break-glass/${id}/confirm`, { token });
  const review = (id: string, token: string) =>
    call('POST', `/v1/platform/break-glass/${id}/review`, {
      token,
      body: { finding: 'Needed, and kept to it' },
    });
  const forADay = (who: ReturnType<Staff['operator']>) =>
    api.t.db
      .updateTable('memberships')
      .set({ since: new Date(Date.now() - 2 * 86_400_000) })
      .where('account_id', '=', who.person.id)
      .execute();

  test('takes two operators, tells the customer at once, and is reviewed by somebody else', async () => {
    const shop = await customer();
    await fresh(operator());
    const id = idOf(await ask(shop.name, operator().token, ['logs'], 'break-glass'));
    await forADay(operator());
    expect(codeOf(await confirm(id, operator().token))).toBe('staff_access_own');
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
    await fresh(operator());
    const asked = () =>
      call('POST', '/v1/platform/break-glass', { token: operator().token, body: long, headers: WHY });
    expect((await asked()).statusCode).toBe(422);
    clock.pass(11 * 60_000);
    expect(codeOf(await asked())).toBe('step_up_needed');
  });
});

describe('the plane', () => {
  test('gives a role to others with a second factor, never to oneself', async () => {
    await fresh(operator());
    const officer = await member();
    const add = (account: string, role: string) =>
      call('POST', '/v1/platform/staff', { token: operator().token, body: { account, role } });
    expect(codeOf(await add(operator().person.name, 'security-officer'))).toBe('staff_own_role');
    expect(codeOf(await add((await p.account()).name, 'operator'))).toBe('staff_account_not_found');
    expect((await add(officer.person.name, 'prober')).statusCode).toBe(422);
    expect((await add(officer.person.name, 'security-officer')).statusCode).toBe(201);
    expect((await add(officer.person.name, 'platform-auditor')).statusCode).toBe(201);
    const own = await call('GET', '/v1/platform/staff', { token: officer.token });
    expect(own.body).toContain('platform-auditor');
    const remove = (name: string) =>
      call('DELETE', `/v1/platform/staff/${name}`, { token: operator().token });
    expect((await remove(officer.person.name)).statusCode).toBe(200);
    expect(codeOf(await call('GET', '/v1/platform/staff', { token: officer.token }))).toBe('access_denied');
    expect(codeOf(await remove(operator().person.name))).toBe('staff_own_role');
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
    requested_by: operator().person.id,
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
