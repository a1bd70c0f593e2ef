import { expect, test } from 'vitest';
import { decider } from '../access/decide.ts';
import { type Action, actions, Role } from '../access/model.ts';
import { readPolicies } from '../access/policies.ts';
import { mayGive, roleMay } from './plan.ts';

const organizationId = '11111111-1111-7111-8111-111111111111';

test('roles may here what the policies say they may', async () => {
  const decide = decider(await readPolicies());
  const resource = { type: 'Project', id: 'x', organizationId } as const;
  for (const role of Role.options)
    for (const action of Object.keys(actions) as Action[]) {
      const actor = { accountId: 'a', name: 'a', tokenId: 't', memberships: [{ organizationId, role }] };
      expect(roleMay(role, action), `${role} ${action}`).toBe(decide(actor, action, resource).allowed);
    }
});

test('nobody gives more than he has, and nothing of the platform', () => {
  const given = Object.fromEntries(
    Role.options.map((role) => [role, Role.options.filter((other) => mayGive([role], other))]),
  );
  expect(given).toEqual({
    owner: ['owner', 'admin', 'developer', 'viewer', 'auditor'],
    admin: ['admin', 'developer', 'viewer', 'auditor'],
    developer: [],
    viewer: [],
    auditor: [],
    operator: [],
    'security-officer': [],
    'platform-auditor': [],
    prober: [],
  });
  expect(mayGive([], 'viewer')).toBe(false);
  expect(mayGive(['viewer', 'admin'], 'auditor')).toBe(true);
});
