import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { withTenant } from '../../db/transaction.ts';
import { setEmail } from '../access/store/accounts.ts';
import { type Person, people, testClock } from '../access/testing/people.ts';

const clock = testClock();
const DAY = 86_400_000;
let api: TestApi;
const p = people(() => api, clock);
const { call } = p;

beforeAll(async () => {
  api = await testApi([], clock.now);
});
afterAll(() => api.close());

let worlds = 0;
/** An organization with an owner who has just proven his second factor. */
async function organization() {
  worlds += 1;
  const name = `org${worlds}x`;
  const world = await api.world(name);
  const person = await p.account('owner', world.organizationId);
  return { name, ...world, person, ...(await p.signUp(person)) };
}
type World = Awaited<ReturnType<typeof organization>>;

async function member(world: World, role: string) {
  const person = await p.account(role, world.organizationId);
  return { person, ...(await p.signUp(person)) };
}

const invite = (org: string, token: string, body: object) =>
  call('POST', `/v1/organizations/${org}/invitations`, { token, body });
const invited = async (world: World, email: string, role = 'developer') => {
  const answer = await invite(world.name, world.token, { email, role });
  expect(answer.statusCode, answer.body).toBe(201);
  return (answer.json() as { invitation: string }).invitation;
};
const join = (invitation: string, name: string) =>
  call('POST', '/v1/accounts', { body: { invitation, name, password: 'seven grey pelicans sing' } });
const accept = (invitation: string, token: string) =>
  call('POST', '/v1/account/invitations', { token, body: { invitation } });
const rolesOf = async (person: Person) =>
  (await api.t.db.selectFrom('memberships').select('role').where('account_id', '=', person.id).execute()).map(
    ({ role }) => role,
  );

describe('an invitation', () => {
  test('makes an account that does nothing until it has a second factor, and then is a member', async () => {
    const world = await organization();
    const joined = await join(await invited(world, 'New@example.org'), 'newcomer');
    expect(joined.json()).toMatchObject({ level: 1, factors: [] });
    const { token } = joined.json() as { token: string };
    expect(codeOf(await call('GET', `/v1/apps/${world.name}`, { token }))).toBe('second_factor_needed');
    const whole = await p.enrol(token);
    expect((await call('GET', `/v1/apps/${world.name}`, { token: whole.token })).statusCode).toBe(200);
    const list = await call('GET', `/v1/organizations/${world.name}/members`, { token: whole.token });
    expect(list.json()).toMatchObject({
      members: [
        { name: 'newcomer', email: 'new@example.org', role: 'developer', secondFactor: true },
        { name: world.person.name, role: 'owner' },
      ],
    });
  });

  test('is for its address: another account cannot take it, not even as a member of the same (Coolify CVE-2025-64423)', async () => {
    const world = await organization();
    const eve = await member(world, 'viewer');
    const invitation = await invited(world, 'boss@example.org', 'owner');
    expect(codeOf(await accept(invitation, eve.token))).toBe('invitation_refused');
    expect(await rolesOf(eve.person)).toEqual(['viewer']);
    const seen = await call('GET', `/v1/organizations/${world.name}/invitations`, { token: world.token });
    expect(seen.body).not.toContain(invitation);
    const kept = await api.t.db.selectFrom('invitations').selectAll().execute();
    expect(JSON.stringify(kept)).not.toContain(invitation);
  });

  test('that took a foreign address gives it back to who it is, through the operator', async () => {
    const [world, other] = [await organization(), await organization()];
    const squatter = await join(await invited(world, 'victim@example.org'), 'squatter');
    const { token } = await p.enrol((squatter.json() as { token: string }).token);
    const again = await join(await invited(other, 'victim@example.org'), 'victim');
    expect(codeOf(again)).toBe('email_taken');
    const operator = await p.signUp(await p.account('operator'));
    const release = (as: string) =>
      call('POST', '/v1/platform/accounts/release-email', {
        token: as,
        body: { email: 'Victim@example.org' },
      });
    expect(codeOf(await release(world.token))).toBe('access_denied');
    expect((await release(operator.token)).json()).toEqual({ account: 'squatter' });
    expect((await call('GET', '/v1/account', { token })).statusCode).toBe(401);
    const joined = await join(await invited(other, 'victim@example.org'), 'victim');
    expect(joined.statusCode, joined.body).toBe(201);
    expect(codeOf(await release('x'))).toBe('not_signed_in');
    const account = await api.t.db
      .selectFrom('accounts')
      .select('id')
      .where('name', '=', 'squatter')
      .executeTakeFirstOrThrow();
    await api.t.db
      .updateTable('accounts')
      .set({ disabled_at: clock.now() })
      .where('name', '=', 'victim')
      .execute();
    const back = await withTenant(api.t.db, { operator: true }, (tx) =>
      setEmail(tx, account.id, 'victim@example.org'),
    );
    expect(back).toBe(false);
  });

  test('works once, also where it is used five times at once', async () => {
    const world = await organization();
    const invitation = await invited(world, 'once@example.org');
    const answers = await Promise.all(
      ['one', 'two', 'three', 'four'].map((name) => join(invitation, `once${name}`)),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(1);
    expect(codeOf(await join(invitation, 'later'))).toBe('invitation_refused');
  });

  test('is never above the inviter', async () => {
    const world = await organization();
    const admin = await member(world, 'admin');
    const developer = await member(world, 'developer');
    expect(codeOf(await invite(world.name, admin.token, { email: 'a@example.org', role: 'owner' }))).toBe(
      'role_above_own',
    );
    expect(
      (await invite(world.name, admin.token, { email: 'a@example.org', role: 'admin' })).statusCode,
    ).toBe(201);
    expect(
      codeOf(await invite(world.name, developer.token, { email: 'a@example.org', role: 'viewer' })),
    ).toBe('access_denied');
    for (const role of ['operator', 'security-officer', 'platform-auditor', 'prober', 'root', ''])
      expect(codeOf(await invite(world.name, world.token, { email: 'a@example.org', role }))).toBe(
        'request_invalid',
      );
  });

  test('dies with the right of whoever gave it', async () => {
    const world = await organization();
    const admin = await member(world, 'admin');
    const given = (
      await invite(world.name, admin.token, { email: 'late@example.org', role: 'admin' })
    ).json();
    const url = `/v1/organizations/${world.name}/members/${admin.person.name}`;
    expect((await call('PATCH', url, { token: world.token, body: { role: 'viewer' } })).statusCode).toBe(200);
    expect(codeOf(await join((given as { invitation: string }).invitation, 'latecomer'))).toBe(
      'invitation_refused',
    );
  });

  test('ends after a week, when it is revoked, and when the address is invited anew', async () => {
    const world = await organization();
    const [first, second] = [await invited(world, 'x@example.org'), await invited(world, 'x@example.org')];
    expect(codeOf(await join(first, 'xfirst'))).toBe('invitation_refused');
    const { invitations } = (
      await call('GET', `/v1/organizations/${world.name}/invitations`, { token: world.token })
    ).json() as { invitations: { id: string }[] };
    expect(invitations).toHaveLength(1);
    const url = `/v1/organizations/${world.name}/invitations/${invitations[0]!.id}`;
    expect((await call('DELETE', url, { token: world.token })).statusCode).toBe(200);
    expect(codeOf(await join(second, 'xsecond'))).toBe('invitation_refused');
    const third = await invited(world, 'x@example.org');
    clock.pass(7 * DAY);
    expect(codeOf(await join(third, 'xthird'))).toBe('invitation_refused');
  });

  test('is accepted by an account that exists with its second factor, and makes no second one of its address', async () => {
    const [world, other] = [await organization(), await organization()];
    const invitation = await invited(world, other.person.email);
    expect(codeOf(await join(invitation, 'twin'))).toBe('email_taken');
    const half = await p.half(other.person);
    expect(codeOf(await accept(invitation, half))).toBe('second_factor_needed');
    expect((await accept(invitation, other.token)).json()).toEqual({ organization: world.name });
    expect(codeOf(await invite(world.name, world.token, { email: other.person.email, role: 'viewer' }))).toBe(
      'member_exists',
    );
  });
});

describe('members', () => {
  test('are changed and removed by owners, with a fresh factor, and are out at once', async () => {
    const world = await organization();
    const [admin, developer] = [await member(world, 'admin'), await member(world, 'developer')];
    const url = `/v1/organizations/${world.name}/members/${developer.person.name}`;
    expect(codeOf(await call('DELETE', url, { token: admin.token }))).toBe('access_denied');
    clock.pass(11 * 60_000);
    expect(codeOf(await call('DELETE', url, { token: world.token }))).toBe('step_up_needed');
    await p.prove(world.token, world.seed);
    expect((await call('PATCH', url, { token: world.token, body: { role: 'auditor' } })).statusCode).toBe(
      200,
    );
    expect(
      codeOf(await call('POST', `/v1/apps/${world.name}/restart`, { token: developer.token, body: {} })),
    ).toBe('access_denied');
    expect((await call('DELETE', url, { token: world.token })).statusCode).toBe(200);
    expect((await call('GET', `/v1/apps/${world.name}`, { token: developer.token })).statusCode).toBe(404);
    expect(codeOf(await call('DELETE', url, { token: world.token }))).toBe('member_not_found');
  });

  test('an owner whose account was disabled is none that stays', async () => {
    const world = await organization();
    const gone = await member(world, 'owner');
    await api.t.db
      .updateTable('accounts')
      .set({ disabled_at: clock.now() })
      .where('id', '=', gone.person.id)
      .execute();
    const at = (person: Person) => `/v1/organizations/${world.name}/members/${person.name}`;
    expect(codeOf(await call('DELETE', at(world.person), { token: world.token }))).toBe('last_owner');
    expect((await call('DELETE', at(gone.person), { token: world.token })).statusCode).toBe(200);
  });

  test('the last owner stays, also where two owners remove each other at the same time', async () => {
    const world = await organization();
    const at = (person: Person) => `/v1/organizations/${world.name}/members/${person.name}`;
    expect(codeOf(await call('DELETE', at(world.person), { token: world.token }))).toBe('last_owner');
    const demote = { token: world.token, body: { role: 'viewer' } };
    expect(codeOf(await call('PATCH', at(world.person), demote))).toBe('last_owner');
    const other = await member(world, 'owner');
    await Promise.all([
      call('DELETE', at(world.person), { token: other.token }),
      call('DELETE', at(other.person), { token: world.token }),
    ]);
    const owners = await api.t.db
      .selectFrom('memberships')
      .select('account_id')
      .where('organization_id', '=', world.organizationId)
      .where('role', '=', 'owner')
      .execute();
    expect(owners).toHaveLength(1);
  });

  test("of another organization are nobody's business", async () => {
    const [world, other] = [await organization(), await organization()];
    const url = `/v1/organizations/${world.name}/members`;
    expect(codeOf(await call('GET', url, { token: other.token }))).toBe('organization_not_found');
    const across = await call('DELETE', `/v1/organizations/${other.name}/members/${world.person.name}`, {
      token: other.token,
    });
    expect(codeOf(across)).toBe('member_not_found');
  });
});

describe('why somebody may', () => {
  const explain = (world: World, token: string, query: Record<string, string>) =>
    call('GET', `/v1/organizations/${world.name}/access?${new URLSearchParams(query)}`, { token });

  test('is said by the rule that decides', async () => {
    const world = await organization();
    const developer = await member(world, 'developer');
    const account = developer.person.name;
    const resource = `app:${world.name}`;
    expect((await explain(world, world.token, { account, action: 'apps:deploy', resource })).json()).toEqual({
      allowed: true,
      policy: 'developers-change',
      meaning: 'Developers release, configure, scale and restart apps.',
      group: 'change',
      roles: ['developer'],
    });
    expect(
      (await explain(world, world.token, { account, action: 'apps:destroy', resource })).json(),
    ).toMatchObject({
      allowed: false,
      policy: null,
      group: 'manage',
    });
    const unknown = { account, action: 'apps:eat', resource };
    expect(codeOf(await explain(world, world.token, unknown))).toBe('action_unknown');
    const nowhere = { account, action: 'apps:read', resource: 'app:nowhere' };
    expect(codeOf(await explain(world, world.token, nowhere))).toBe('resource_unknown');
    expect(codeOf(await explain(world, developer.token, { account, action: 'apps:read' }))).toBe(
      'access_denied',
    );
  });

  test("is not said of somebody else's members", async () => {
    const [world, other] = [await organization(), await organization()];
    const query = { account: other.person.name, action: 'apps:read' };
    expect(codeOf(await explain(world, world.token, query))).toBe('account_not_found');
  });
});
