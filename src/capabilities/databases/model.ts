import { z } from 'zod';
import { ENGINES } from '../../kernel/databases.ts';

export { EXTENSIONS, VERSIONS } from '../../kernel/databases.ts';

export const EngineName = z.enum(ENGINES);
export type EngineName = z.infer<typeof EngineName>;

/** What an engine is called in a command: pg:create, mysql:create, redis:create. */
export const FAMILIES = { pg: 'postgres', mysql: 'mariadb', redis: 'redis' } as const satisfies Record<
  string,
  EngineName
>;
export type Family = keyof typeof FAMILIES;

/** Names that servers and gateways have for themselves. */
const RESERVED = new Set([
  'postgres',
  'template0',
  'template1',
  'pgbouncer',
  'mysql',
  'information-schema',
  'performance-schema',
  'sys',
  'all',
  'replication',
]);

export const DatabaseName = z
  .string()
  .regex(
    /^[a-z](?!.--)[a-z0-9-]{0,28}[a-z0-9]$/,
    'a name is 2 to 30 lower-case letters, digits and dashes; it begins with a letter and does not end with a dash',
  )
  .refine((name) => !RESERVED.has(name), 'this name belongs to the server itself')
  .meta({ description: 'Lower-case letters, digits and dashes', example: 'shop-db' });

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** What a database may use. Connections are those of apps and people; the platform's own come on top. */
export const PLANS = {
  small: { memoryBytes: 256 * MIB, cpus: 1, connections: 20, diskBytes: 1 * GIB },
  standard: { memoryBytes: 1 * GIB, cpus: 2, connections: 100, diskBytes: 16 * GIB },
  large: { memoryBytes: 4 * GIB, cpus: 4, connections: 400, diskBytes: 64 * GIB },
} as const;
export const PlanName = z.enum(['small', 'standard', 'large']).meta({ example: 'small' });
export type PlanName = z.infer<typeof PlanName>;

export type DiskLevel = 'ok' | 'high' | 'nearly' | 'full';

/** How full a plan's disk is. Once it was full it is so until there is room again, so that it does not go back and forth. */
export function diskLevel(usedBytes: number, limitBytes: number, wasFull: boolean): DiskLevel {
  const share = usedBytes / limitBytes;
  if (share >= 1 || (wasFull && share >= 0.95)) return 'full';
  if (share >= 0.95) return 'nearly';
  return share >= 0.8 ? 'high' : 'ok';
}

/** `15`, `10.11`: what Debian has of the engine. */
export const Version = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3})?$/)
  .meta({ example: '15' });

/** Labels on everything in the engine that belongs to a database. */
export const databaseLabel = { project: 'bastide.project', database: 'bastide.database' } as const;

export const databaseService = (databaseId: string): string => `b-db-${databaseId.slice(-12)}`;
/** The name by which apps of the project reach it. */
export const databaseHost = (name: string): string => `${name}.db`;
/** Below the project's storage (capability volumes, `storagePath`). */
export const databasePath = (databaseId: string): string => `databases/${databaseId}`;
/** Its data directory: an upgrade makes the next one and keeps the last. */
export const dataDirectory = (incarnation: number): string =>
  incarnation === 1 ? 'data' : `data-${incarnation}`;
/** Where its server puts finished WAL: each incarnation has a log of its own. */
export const walDirectory = (incarnation: number): string =>
  incarnation === 1 ? 'wal' : `wal-${incarnation}`;
/** What a password is sealed for. */
export const credentialBinding = (databaseId: string, generation: number) => ({
  owner: databaseId,
  name: `credential-${generation}`,
});
/** Operations on one database never run at the same time. */
export const databaseTarget = (databaseId: string): string => `database:${databaseId}`;

/** The config var that every attachment has: SHOP_DB_URL for shop-db. */
export const ownVariable = (name: string): string => `${name.toUpperCase().replaceAll('-', '_')}_URL`;

/** Where an app finds the certificate authority of its databases. */
export const CA_FILE = '/etc/bastide/ca.pem';

/** What a new one gets where nobody asks for a version. */
export const DEFAULT_VERSION = { postgres: '15', mariadb: '10.11', redis: '7.0' } as const;

/** The config var of an app's main database; two kinds that share one cannot both be main. */
export const MAIN_VARIABLE = {
  postgres: 'DATABASE_URL',
  mariadb: 'DATABASE_URL',
  redis: 'REDIS_URL',
} as const satisfies Record<EngineName, string>;

export const DatabaseStatus = z.enum(['creating', 'ready', 'suspended', 'destroying', 'destroyed']);

/** A database as people see it. */
export const DatabaseView = z.object({
  name: DatabaseName,
  engine: EngineName,
  version: Version,
  plan: PlanName,
  status: DatabaseStatus,
  project: z.string(),
  host: z.string().meta({ description: 'Its name in the network of its project', example: 'shop-db.db' }),
  apps: z.array(z.string()).meta({ description: 'Attached to these' }),
  extensions: z.array(z.string()),
  forkedFrom: z.string().nullable(),
  canGoBack: z.boolean().meta({ description: 'An upgrade of it can be undone' }),
  createdAt: z.iso.datetime(),
});
export type DatabaseView = z.infer<typeof DatabaseView>;

/** What it says of itself. */
export const DatabaseFactsView = z.object({
  version: z.string(),
  sizeBytes: z.number(),
  connections: z.number(),
  maxConnections: z.number(),
  cacheHit: z.number().nullable(),
  slow: z.array(z.object({ query: z.string(), calls: z.number(), meanMs: z.number() })),
  extensions: z.array(z.string()),
  disk: z.object({
    usedBytes: z.number().nullable().meta({ description: 'What its files take' }),
    limitBytes: z.number(),
    full: z.boolean().meta({ description: 'Its users read and remove, and add nothing' }),
  }),
});

/** Steps that other capabilities' plans may emit too. */
export const DatabasesStep = {
  /** Its server runs and answers. */
  ensureRunning: z.object({ databaseId: z.uuid() }),
  /** Its server is stopped, its files stay. */
  stop: z.object({ databaseId: z.uuid() }),
} as const;
