import { z } from 'zod';

export const EngineName = z.enum(['postgres', 'mariadb', 'redis']);
export type EngineName = z.infer<typeof EngineName>;

/** What an engine is called in a command: pg:create, mysql:create, redis:create. */
export const FAMILIES = { pg: 'postgres', mysql: 'mariadb', redis: 'redis' } as const satisfies Record<
  string,
  EngineName
>;
export type Family = keyof typeof FAMILIES;

export const DatabaseName = z
  .string()
  .regex(
    /^[a-z](?!.--)[a-z0-9-]{0,28}[a-z0-9]$/,
    'a name is 2 to 30 lower-case letters, digits and dashes; it begins with a letter and does not end with a dash',
  )
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

/** Steps that other capabilities' plans may emit too. */
export const DatabasesStep = {
  /** Its server runs and answers. */
  ensureRunning: z.object({ databaseId: z.uuid() }),
  /** Its server is stopped, its files stay. */
  stop: z.object({ databaseId: z.uuid() }),
} as const;
