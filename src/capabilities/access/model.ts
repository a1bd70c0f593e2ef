import { z } from 'zod';

/** Roles in an organization, and `operator`, which belongs to the platform and to no organization. */
export const Role = z.enum(['owner', 'admin', 'developer', 'viewer', 'auditor', 'operator']);
export type Role = z.infer<typeof Role>;

/**
 * Everything that somebody may ask for, and the group that the policies speak of:
 * `look` reads, `change` makes releases and settings, `reach` touches what runs or is secret,
 * `manage` creates and destroys, `govern` people and rights, `review` the audit log,
 * `operate` the platform itself, `own` one's own account.
 */
export const actions = {
  'organizations:list': 'look',
  'organizations:read': 'look',
  'organizations:create': 'operate',
  'members:read': 'look',
  'members:manage': 'govern',
  'projects:list': 'look',
  'projects:read': 'look',
  'projects:create': 'manage',
  'apps:list': 'look',
  'apps:read': 'look',
  'apps:create': 'manage',
  'apps:update': 'change',
  'apps:destroy': 'manage',
  'apps:deploy': 'change',
  'apps:scale': 'change',
  'apps:restart': 'change',
  'apps:rollback': 'change',
  'apps:maintenance': 'change',
  'apps:run': 'reach',
  'logs:read': 'look',
  'config:read': 'look',
  'config:set': 'change',
  'config:reveal': 'reach',
  'builds:read': 'look',
  'releases:read': 'look',
  'domains:read': 'look',
  'domains:manage': 'manage',
  'certificates:read': 'look',
  'operations:list': 'look',
  'operations:read': 'look',
  'operations:cancel': 'change',
  'operations:write': 'reach',
  'audit:read': 'review',
  'platform:read': 'operate',
  'platform:manage': 'operate',
  'stacks:read': 'look',
  'stacks:manage': 'operate',
  'nodes:read': 'operate',
  'nodes:manage': 'operate',
  'account:read': 'own',
  'tokens:read': 'own',
  'tokens:create': 'own',
  'tokens:revoke': 'own',
} as const satisfies Record<string, string>;
export type Action = keyof typeof actions;

export interface Membership {
  /** null: the operator plane. */
  readonly organizationId: string | null;
  readonly role: Role;
}

/** Who asks, as authentication found out. */
export interface Actor {
  readonly accountId: string;
  readonly name: string;
  readonly tokenId: string;
  readonly memberships: readonly Membership[];
}
