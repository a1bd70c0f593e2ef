import { z } from 'zod';

/** Roles on the platform's own plane, which belong to no organization and which no tenant can name. */
export const PlaneRole = z.enum(['operator', 'security-officer', 'platform-auditor', 'prober']);
export type PlaneRole = z.infer<typeof PlaneRole>;

/** Roles in an organization, and those of the plane. */
export const Role = z.enum(['owner', 'admin', 'developer', 'viewer', 'auditor', ...PlaneRole.options]);
export type Role = z.infer<typeof Role>;

export const onPlane = (role: Role): role is PlaneRole => PlaneRole.safeParse(role).success;

/**
 * Everything that somebody may ask for, and the group that the policies speak of:
 * `look` reads, `change` makes releases and settings, `reach` touches what runs or is secret,
 * `manage` creates and destroys, `govern` people and rights, `review` the audit log,
 * `operate` the platform itself, `oversee` look at it, `safeguard` review what staff did, `probe` try controls and hand in what came of it, `browse` what everybody with an account may see of it, `own` one's own account.
 */
export const actions = {
  'organizations:list': 'look',
  'organizations:read': 'look',
  'organizations:create': 'operate',
  'quotas:read': 'look',
  'quotas:set': 'operate',
  'members:read': 'look',
  'members:invite': 'manage',
  'members:manage': 'govern',
  'access:explain': 'review',
  'staff-access:read': 'look',
  'staff-access:history': 'review',
  'staff-access:decide': 'manage',
  'staff-access:ask': 'operate',
  'staff-access:oversee': 'oversee',
  'break-glass:review': 'safeguard',
  'staff:read': 'oversee',
  'staff:manage': 'operate',
  'projects:list': 'look',
  'projects:read': 'look',
  'projects:create': 'manage',
  'projects:suspend': 'manage',
  'projects:export': 'manage',
  'projects:export-values': 'govern',
  'projects:erase': 'govern',
  'projects:move': 'govern',
  'projects:receive': 'govern',
  'deploy-tokens:read': 'look',
  'deploy-tokens:manage': 'manage',
  'keys:read': 'look',
  'keys:rotate': 'manage',
  'storage:resize': 'manage',
  'volumes:read': 'look',
  'volumes:manage': 'manage',
  'volumes:attach': 'change',
  'objects:read': 'look',
  'objects:manage': 'manage',
  'objects:attach': 'change',
  'grants:read': 'look',
  'grants:open': 'reach',
  'grants:close': 'reach',
  'ssh:read': 'look',
  'ssh:connect': 'reach',
  'ssh:open': 'reach',
  'ssh:close': 'reach',
  'ssh:enrol': 'manage',
  'ssh:rotate': 'operate',
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
  'recordings:read': 'review',
  'alerts:read': 'look',
  'alerts:acknowledge': 'change',
  'backups:read': 'look',
  'backups:run': 'change',
  'backups:schedule': 'manage',
  'backups:rotate': 'manage',
  'backups:restore': 'manage',
  'backups:download': 'manage',
  'databases:list': 'look',
  'databases:read': 'look',
  'databases:create': 'manage',
  'databases:destroy': 'manage',
  'databases:upgrade': 'manage',
  'databases:update': 'change',
  'databases:attach': 'change',
  'databases:rotate': 'change',
  'databases:query': 'reach',
  'platform:read': 'oversee',
  'platform:manage': 'operate',
  'stacks:read': 'browse',
  'stacks:manage': 'operate',
  'nodes:read': 'oversee',
  'nodes:manage': 'operate',
  'controls:read': 'browse',
  'controls:review': 'oversee',
  'controls:run': 'operate',
  'controls:probe': 'probe',
  'accounts:disable': 'operate',
  'throttles:read': 'operate',
  'throttles:reset': 'operate',
  'account:read': 'own',
  'password:change': 'own',
  'factors:read': 'own',
  'factors:change': 'own',
  'sessions:read': 'own',
  'sessions:finish': 'own',
  'sessions:revoke': 'own',
  'logins:approve': 'own',
  'invitations:accept': 'own',
  'tokens:read': 'own',
  'tokens:create': 'own',
  'tokens:revoke': 'own',
} as const satisfies Record<string, string>;
export type Action = keyof typeof actions;

/** What a customer can consent to, and what staff may then do with it: nothing that carries data off or reveals a key. */
export const Scope = z.enum(['logs', 'run', 'database']);
export type Scope = z.infer<typeof Scope>;
export const UNDER_CONSENT = {
  logs: ['logs:read'],
  run: ['apps:run'],
  database: ['databases:read', 'databases:query'],
  /** Of the operations that they asked for under the same grant. */
  follow: ['operations:read', 'operations:write', 'operations:cancel'],
} as const satisfies Record<Scope | 'follow', readonly Action[]>;

/** A grant of staff access that lives now: what one operator may in one project. */
export interface Consent {
  readonly grantId: string;
  readonly projectId: string;
  readonly scopes: readonly Scope[];
}

export interface Membership {
  /** null: the operator plane. */
  readonly organizationId: string | null;
  readonly role: Role;
}

/** What a token may at most, whatever its account may. */
export interface Limits {
  /** null: all actions of the account. */
  readonly actions: readonly string[] | null;
  /** Ids; null: all projects, and what belongs to none. */
  readonly projects: readonly string[] | null;
}

/** A session of a person. Level 1: the password was right and the second factor is to come; 2: whole. */
export interface SessionState {
  readonly level: 1 | 2;
  /** When a second factor was last proven in it. */
  readonly factorAt: Date | null;
}

/** Who asks, as authentication found out. */
export interface Actor {
  readonly accountId: string;
  readonly name: string;
  /** Id of the token or the session. */
  readonly tokenId: string;
  readonly memberships: readonly Membership[];
  /** Where a person signed in; a token has none. */
  readonly session?: SessionState;
  readonly limits?: Limits;
  /** What customers let this person do now. Only a person who is signed in has any; a token has none. */
  readonly consents?: readonly Consent[];
  /** The account has a second factor, so that its tokens alone do nothing that asks for a fresh one. */
  readonly enrolled?: boolean;
}

/** What a question is about. `organizationId` null: it belongs to the platform itself. */
export type Resource =
  | {
      readonly type: 'Organization' | 'Project' | 'App' | 'Operation';
      readonly id: string;
      readonly organizationId: string | null;
      /** The project that it belongs to: what the limits of a token are about. */
      readonly projectId?: string | null;
      /** Of an operation: the grant under which staff asked for it. */
      readonly grantId?: string | null;
    }
  | { readonly type: 'Platform' }
  | { readonly type: 'Account'; readonly id: string };

export const TokenName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,62}$/)
  .meta({ description: 'What the token is for', example: 'laptop' });

export const AccountName = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,38}[a-z0-9]$/)
  .meta({ description: 'Name of an account', example: 'ada' });

export const DAY = 86_400_000;
/** Days a token lives unless told, and at most. */
export const TOKEN_DAYS = { default: 90, most: 365 } as const;

/** Groups whose actions a token can be limited to: never one's own account, never people and rights. */
const LIMITABLE: ReadonlySet<string> = new Set(['look', 'change', 'reach', 'manage', 'review']);
export const limitable: readonly Action[] = (Object.keys(actions) as Action[]).filter((action) =>
  LIMITABLE.has(actions[action]),
);

/** What a deploy token may, in its one project. */
export const DEPLOY_ACTIONS: readonly Action[] = [
  'apps:read',
  'apps:deploy',
  'builds:read',
  'releases:read',
  'operations:read',
];

export const ApiToken = z.object({
  id: z.uuid(),
  name: TokenName,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  actions: z
    .array(z.string())
    .nullable()
    .meta({ description: 'What it may at most; null: all that you may' }),
  projects: z.int().nullable().meta({ description: 'How many projects it is limited to; null: not limited' }),
  current: z.boolean().meta({ description: 'The one that this request was made with' }),
});

export const DeployToken = z.object({
  id: z.uuid(),
  name: TokenName,
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});

/** Why somebody may, or may not. */
export const Explained = z.object({
  allowed: z.boolean(),
  policy: z
    .string()
    .nullable()
    .meta({ description: 'The rule that decides, by its @id; null: no rule permits it' }),
  meaning: z.string().nullable().meta({ description: 'What the rule says of itself' }),
  group: z.string().meta({ description: 'The group of the action, which the rules speak of' }),
  roles: z.array(Role).meta({ description: "The account's roles in the organization" }),
});

/** The only answer that carries a token in clear: it is shown once and kept as a hash. */
export const NewToken = z.object({
  token: z.string().meta({ description: 'Shown this one time only' }),
  id: z.uuid(),
  account: AccountName,
  expiresAt: z.iso.datetime(),
});

export const Account = z.object({
  name: z.string().meta({ description: 'Name of the account, or deploy:NAME of a deploy token' }),
  memberships: z.array(z.object({ organization: z.string().nullable(), role: Role })),
});
