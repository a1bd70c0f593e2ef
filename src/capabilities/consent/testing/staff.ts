import type { z } from 'zod';
import type { TestApi } from '../../../api/testing.ts';
import type { Scope } from '../../access/model.ts';
import { people } from '../../access/testing/people.ts';
import type { StaffGrant } from '../model.ts';

export const WHY = { 'x-bastide-reason': encodeURIComponent('Ticket 4711: answers 502 since noon') };
export const idOf = (answer: { json(): unknown }) => (answer.json() as z.infer<typeof StaffGrant>).id;

/** Customers and operators at the API, for tests. `start` makes the operator. */
export function staff(api: () => TestApi, clock: { now(): Date; pass(ms: number): void }) {
  const p = people(api, clock);
  const { call } = p;
  let worlds = 0;

  async function member(role?: string, organizationId: string | null = null) {
    const person = await p.account(role, organizationId);
    return { person, ...(await p.signUp(person)) };
  }
  type Signed = Awaited<ReturnType<typeof member>>;
  const cast: { operator?: Signed } = {};
  const operator = (): Signed => cast.operator!;

  async function customer() {
    worlds += 1;
    const name = `shop${worlds}x`;
    const world = await api().world(name);
    return { name, ...world, owner: await member('owner', world.organizationId) };
  }
  type Customer = Awaited<ReturnType<typeof customer>>;

  const ask = (
    project: string,
    token = operator().token,
    scopes: Scope[] = ['logs'],
    kind = 'staff-access',
  ) =>
    call('POST', `/v1/platform/${kind}`, {
      token,
      body: { project, scopes, seconds: kind === 'break-glass' ? 3600 : 7200 },
      headers: WHY,
    });
  const answer = (shop: Customer, id: string, verb: string, token = shop.owner.token) =>
    call('POST', `/v1/organizations/${shop.name}/staff-access/${id}/${verb}`, { token });
  const logs = (shop: Customer, token = operator().token) =>
    call('POST', `/v1/apps/${shop.name}/logs`, { token, body: {} });
  /** A second factor is proven again: the tests take longer than ten minutes by their clock. */
  const fresh = (who: Signed) => p.prove(who.token, who.seed);

  async function granted(shop: Customer, scopes: Scope[] = ['logs']): Promise<string> {
    const id = idOf(await ask(shop.name, operator().token, scopes));
    await fresh(shop.owner);
    const done = await answer(shop, id, 'approve');
    if (done.statusCode !== 200) throw new Error(done.body);
    return id;
  }

  const alertsOf = async (shop: Customer) =>
    (
      (await call('GET', `/v1/organizations/${shop.name}/alerts`, { token: shop.owner.token })).json() as {
        alerts: { code: string; severity: string; message: string }[];
      }
    ).alerts;

  return {
    ...{ p, call, member, customer, operator, ask, answer, logs, fresh, granted, alertsOf },
    start: async () => {
      cast.operator = await member('operator');
    },
  };
}
export type Staff = ReturnType<typeof staff>;
