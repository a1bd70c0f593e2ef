import { type Action, actions, type Role } from '../access/model.ts';

/** What each role in an organization may, as groups of actions; the policies say the same and a test compares them. */
const GROUPS: Readonly<Partial<Record<Role, readonly string[]>>> = {
  owner: ['look', 'change', 'reach', 'manage', 'govern', 'review'],
  admin: ['look', 'change', 'reach', 'manage', 'review'],
  developer: ['look', 'change', 'reach'],
  viewer: ['look'],
  auditor: ['look', 'review'],
};

/** PURE. Whether the role may do the action somewhere in its organization. */
export const roleMay = (role: Role, action: Action): boolean =>
  (GROUPS[role] ?? []).includes(actions[action]);

/**
 * PURE. Whether somebody with one of these roles may make another a member as `role`: never as more than he is himself,
 * and never as anything of the platform.
 */
export function mayGive(own: readonly Role[], role: Role): boolean {
  const wanted = GROUPS[role];
  if (!wanted) return false;
  return own.some((mine) => {
    const has = GROUPS[mine] ?? [];
    return has.includes('manage') && wanted.every((group) => has.includes(group));
  });
}
