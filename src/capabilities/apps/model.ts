import { z } from 'zod';

export const AppName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/,
    'a name is 2 to 40 lower-case letters, digits and dashes; it begins with a letter and does not end with a dash',
  )
  .meta({
    description: 'Lower-case letters, digits and dashes; names the platform host too',
    example: 'shop',
  });

/** A new one's: as a label of a host name, two dashes in the third place mean another alphabet (RFC 5891 section 4.2.3.1). */
export const NewAppName = AppName.regex(/^(?!..--)/, 'a name has no two dashes in the third place');

/** Below the platform's domain this is the platform itself, not an app. */
export const PLATFORM_NAME = 'bastide';

export const ProcessName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a process name is lower-case letters, digits and dashes, at most 31')
  .meta({ description: 'A process type of the Procfile', example: 'web' });

/** Replicas that one process may have. */
export const MAX_REPLICAS = 50;
export const Replicas = z.int().min(0).max(MAX_REPLICAS);

export const ConfigName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    'a name is at most 128 letters, digits and underscores; it does not begin with a digit',
  )
  .meta({ description: 'Name of a config var', example: 'SMTP_HOST' });

/** Where an app's code comes from. */
export const Source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('upload'),
    /** Server-generated name of the uploaded archive. */
    upload: z.string().regex(/^[0-9a-f-]{36}$/),
    description: z.string().max(200).optional(),
  }),
  z.strictObject({
    kind: z.literal('git'),
    url: z.string().max(2048),
    ref: z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/)
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('image'),
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  }),
]);
export type Source = z.infer<typeof Source>;

/** What runs for one process type. No command: the image's own. */
export const Process = z.object({ command: z.array(z.string()).nullable() });
export type Process = z.infer<typeof Process>;

export const Formation = z.record(ProcessName, Replicas);

export const App = z.object({
  name: AppName,
  project: z.string(),
  organization: z.string(),
  url: z.string(),
  formation: Formation,
  maintenance: z.boolean(),
  healthPath: z.string(),
  release: z.int().nullable().meta({ description: 'The version that serves, if any' }),
  createdAt: z.iso.datetime(),
});
export type App = z.infer<typeof App>;

export const ReleaseStatus = z.enum(['pending', 'live', 'superseded', 'failed']);
export const Release = z.object({
  version: z.int().meta({ example: 12 }),
  status: ReleaseStatus,
  description: z.string(),
  digest: z.string(),
  processes: z.array(z.string()),
  config: z.array(z.string()).meta({ description: 'Names of the config vars it was made with' }),
  failure: z.object({ code: z.string(), message: z.string(), next: z.string() }).nullable(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  liveAt: z.iso.datetime().nullable(),
});
export type Release = z.infer<typeof Release>;

/** Operations on one app never run at the same time. */
export const appTarget = (appId: string): string => `app:${appId}`;

/** Labels on everything in the engine that belongs to an app. */
export const label = {
  project: 'bastide.project',
  app: 'bastide.app',
  process: 'bastide.process',
  version: 'bastide.version',
  oneOff: 'bastide.one-off',
  operation: 'bastide.operation',
} as const;

/** Resources of one replica until plans have sizes of their own. */
export const REPLICA_LIMITS = { memoryBytes: 512 * 1024 * 1024, cpus: 1, pids: 512 };

/** The port an app listens on, as PORT tells it. */
export const APP_PORT = 8080;

/** Seconds a release gets to answer its health path unless its source says another number, and an old one to finish what it has. */
export const HEALTH_SECONDS = 60;
export const DRAIN_SECONDS = 30;

/**
 * Name of the service that runs one process type of one release. The end of the app's id makes it unique within the
 * engine's limit of 63 characters, however long the names are.
 */
export const serviceName = (appId: string, process: string, version: number): string =>
  `b-${process}-v${version}-${appId.slice(-12)}`;

export const AppsStep = {
  fetchSource: z.object({ buildId: z.uuid() }),
  buildImage: z.object({ buildId: z.uuid() }),
  createRelease: z.object({ appId: z.uuid(), operationId: z.uuid() }),
  pullImage: z.object({ releaseId: z.uuid() }),
  runPhase: z.object({ releaseId: z.uuid() }),
  start: z.object({ releaseId: z.uuid(), process: ProcessName, replicas: z.int() }),
  scale: z.object({ service: z.string(), replicas: z.int() }),
  stop: z.object({ service: z.string() }),
  offer: z.object({ releaseId: z.uuid() }),
  promote: z.object({ releaseId: z.uuid() }),
  retire: z.object({ releaseId: z.uuid() }),
  abandon: z.object({ releaseId: z.uuid() }),
  forget: z.object({ appId: z.uuid() }),
  freeSlot: z.object({ appId: z.uuid() }),
} as const;
