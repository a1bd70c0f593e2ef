import { z } from 'zod';

/** Which managed entry: PostgreSQL on 5432, MySQL on 6033. */
export const GatewayName = z.enum(['postgres', 'mysql']);
export type GatewayName = z.infer<typeof GatewayName>;

/** The public port of each gateway. */
export const GATEWAY_PORTS = { postgres: 5432, mysql: 6033 } as const satisfies Record<GatewayName, number>;
/** Host user of both gateways; nothing else runs as it. */
export const GATEWAY_UID = 65_001;

export const GRANT_SECONDS = { least: 60, most: 86_400, usual: 3600 } as const;
/** Open at the same time in one project. */
export const OPEN_GRANTS = 20;

export const Source = z
  .union([z.ipv4(), z.ipv6()])
  .meta({ description: 'The one address that may come in', example: '203.0.113.7' });

export const Role = z.string().regex(/^g_[a-z0-9]{16}$/);

/** What a database keeps of a password: PostgreSQL's SCRAM verifier, MySQL's double hash. */
export const Verifier = {
  postgres: z
    .string()
    .regex(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/),
  mysql: z.string().regex(/^\*[0-9A-F]{40}$/),
} as const;

export const OpenGrant = z.strictObject({
  gateway: GatewayName,
  database: z
    .string()
    .max(40)
    .nullable()
    .default(null)
    .meta({ description: 'Name of the database; may be left out where the project has one of the kind' }),
  source: Source,
  seconds: z
    .int()
    .min(GRANT_SECONDS.least)
    .max(GRANT_SECONDS.most)
    .default(GRANT_SECONDS.usual)
    .meta({ description: 'How long, in seconds', example: 3600 }),
});

export const EndReason = z.enum(['closed', 'ended', 'failed', 'database_gone']);
export type EndReason = z.infer<typeof EndReason>;
export const GrantState = z.enum(['opening', 'open', 'closing', 'closed']);

export const Grant = z.object({
  id: z.uuid(),
  gateway: GatewayName,
  database: z.string(),
  user: z.string().meta({ description: 'Login name of the temporary credential' }),
  source: z.string(),
  state: GrantState,
  openedBy: z.string(),
  reason: z.string().nullable(),
  createdAt: z.iso.datetime(),
  openedAt: z.iso.datetime().nullable(),
  until: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
  endReason: EndReason.nullable(),
});
export type Grant = z.infer<typeof Grant>;

/** The only answer with the password in it: kept nowhere, shown once. */
export const OpenedGrant = z.object({
  operationId: z.uuid().meta({ description: 'Follow it at /v1/operations/{id}/events' }),
  grant: z.uuid(),
  url: z.string().meta({ description: 'Shown this one time only; works when the operation has succeeded' }),
  until: z.iso.datetime(),
});

/** Input of gateways.open and gateways.close, and of every step. */
export const GrantInput = z.strictObject({ grantId: z.uuid() });

/** Steps that plans of this and other capabilities may emit. */
export const GatewayStep = {
  prepare: z.strictObject({ gateway: GatewayName }),
  createRole: GrantInput,
  /** Brings firewall and gateways to what is open now; with a grant's id that one has to be open afterwards. */
  sync: z.strictObject({ grantId: z.uuid().optional() }),
  endGrant: z.strictObject({ grantId: z.uuid(), because: EndReason }),
  dropRole: GrantInput,
} as const;

/** Operations on one grant never run at the same time. */
export const grantTarget = (grantId: string): string => `grant:${grantId}`;
