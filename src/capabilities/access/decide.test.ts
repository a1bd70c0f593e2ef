import { beforeAll, describe, expect, test } from 'vitest';
import { type Decide, decider, splitPolicies } from './decide.ts';
import { type Action, type Actor, actions, onPlane, type Resource, Role } from './model.ts';
import { readPolicies } from './policies.ts';

const [mine, foreign] = ['11111111-1111-7111-8111-111111111111', '22222222-2222-7222-8222-222222222222'];
const actor = (role: Role | undefined, organizationId: string | null = mine): Actor => ({
  accountId: 'a',
  name: 'ada',
  tokenId: 't',
  memberships: role ? [{ organizationId: onPlane(role) ? null : organizationId, role }] : [],
});
const app = (organizationId: string): Resource => ({ type: 'App', id: 'x', organizationId });

let text: string;
let decide: Decide;
beforeAll(async () => {
  text = await readPolicies();
  decide = decider(text);
});

test('the answer names the policy', () => {
  expect(decide(actor('developer'), 'apps:deploy', app(mine))).toEqual({
    allowed: true,
    policy: 'developers-change',
    reason: 'developers-change',
  });
  expect(decide(actor('viewer'), 'apps:deploy', app(mine))).toMatchObject({
    allowed: false,
    reason: 'no policy permits it',
  });
});

test('an operator has nothing in an organization, and a member nothing on the platform', () => {
  for (const action of Object.keys(actions) as Action[]) {
    expect(decide(actor('operator'), action, app(mine)).allowed, action).toBe(false);
  }
  expect(decide(actor('operator'), 'organizations:create', { type: 'Platform' }).allowed).toBe(true);
  expect(decide(actor('owner'), 'organizations:create', { type: 'Platform' }).allowed).toBe(false);
});

test('a role named operator inside an organization is not the operator plane', () => {
  const fake: Actor = { ...actor(undefined), memberships: [{ organizationId: mine, role: 'operator' }] };
  expect(decide(fake, 'organizations:create', { type: 'Platform' }).allowed).toBe(false);
  const nobody: Actor = { ...actor(undefined), memberships: [{ organizationId: null, role: 'owner' }] };
  expect(decide(nobody, 'organizations:create', { type: 'Platform' }).allowed).toBe(false);
});

test('an operation of the platform itself is for operators', () => {
  const operation: Resource = { type: 'Operation', id: 'o', organizationId: null };
  expect(decide(actor('operator'), 'operations:read', operation).allowed).toBe(true);
  expect(decide(actor('owner'), 'operations:read', operation).allowed).toBe(false);
});

test("one's own account only", () => {
  expect(decide(actor(undefined), 'tokens:create', { type: 'Account', id: 'a' }).allowed).toBe(true);
  expect(decide(actor(undefined), 'tokens:create', { type: 'Account', id: 'b' }).allowed).toBe(false);
});

describe.each(Role.options)('%s', (role) => {
  test('may do nothing in a foreign organization', () => {
    for (const action of Object.keys(actions) as Action[]) {
      for (const type of ['Organization', 'Project', 'App', 'Operation'] as const)
        expect(decide(actor(role), action, { type, id: 'x', organizationId: foreign }).allowed).toBe(false);
    }
  });
});

test('what cannot be asked is denied', () => {
  expect(decide(actor('owner'), 'apps:eat' as Action, app(mine)).allowed).toBe(false);
  expect(decide(actor('owner'), 'toString' as Action, app(mine)).allowed).toBe(false);
  expect(decide(actor('owner'), 'apps:read', { type: 'Nope' } as unknown as Resource).allowed).toBe(false);
  expect(decide(null as unknown as Actor, 'apps:read', app(mine)).allowed).toBe(false);
});

test.each([
  ['an unknown attribute', 'principal in resource.organization.ownrs'],
  ['an attribute the resource may lack', 'resource.secret == 1'],
])('policies with %s do not start', (_, condition) => {
  const typo = `${text}\n@id("typo") permit (principal, action == Bastide::Action::"apps:read", resource) when { ${condition} };`;
  expect(() => decider(typo)).toThrow('typo');
});

test('policies with an unknown action, without an @id or with one twice do not start', () => {
  const one = '@id("one") permit (principal, action == Bastide::Action::"apps:raed", resource);';
  expect(() => decider(one)).toThrow('raed');
  expect(() => splitPolicies('permit (principal, action, resource);')).toThrow('no @id');
  expect(() => splitPolicies(`${one}${one}`)).toThrow('twice');
  expect(() => decider('permit (')).toThrow('policies');
});
