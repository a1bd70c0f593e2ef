import { z } from 'zod';
import { HEALTH_PATH } from '../../../kernel/health-path.ts';
import { DatabaseName } from '../../databases/model.ts';
import { ConfigName, Formation, ProcessName } from '../model.ts';

/**
 * Text of a command. It is shell syntax, as on Heroku: the app's own container runs it with
 * `["/bin/sh", "-c", text]`. No program of the platform's host ever reads it.
 */
export const CommandText = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !hasControl(text), 'a command is one line without control characters')
  .meta({ description: 'A command, in shell syntax, run inside the container', example: 'node server.js' });

export const EnvValue = z
  .string()
  .max(32_768)
  .refine((text) => !text.includes('\0'), 'a value has no NUL');

export const HealthPath = z
  .string()
  .max(201)
  .regex(HEALTH_PATH, 'a health path starts with one slash and is plain ASCII without quotes, ; or spaces')
  .meta({ description: 'Path that answers 200 when a web process is ready', example: '/up' });

export const CronJob = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .meta({ description: 'Name of the job, unique in its app', example: 'nightly' }),
  schedule: z.string().max(120).meta({ description: 'Five fields, UTC', example: '0 3 * * *' }),
  command: CommandText,
});
export type CronJob = z.infer<typeof CronJob>;

export const Stack = z.enum(['dockerfile', 'node', 'python', 'php', 'static']);
export type Stack = z.infer<typeof Stack>;

/** What a restored copy of a database must answer, by the name of the database. It is asked nowhere else. */
export const SmokeQueries = z.record(DatabaseName, z.string().min(1).max(4000));
export type SmokeQueries = z.infer<typeof SmokeQueries>;

/** Seconds that a release gets to be healthy. */
export const HealthSeconds = z.int().min(5).max(900);

/** What a source says of itself: how it is built and what then runs. */
export const SourcePlan = z.object({
  stack: Stack,
  /** The stacks that its Dockerfile names as `bastide/<name>`; each must be there before the build. */
  stacks: z.array(z.string()),
  /** The app's own Dockerfile, or the one generated for its stack. */
  dockerfile: z.string().min(1).max(262_144),
  /** A null command is the image's own CMD. */
  processes: z.record(ProcessName, z.object({ command: CommandText.nullable() })),
  release: CommandText.optional(),
  cron: z.array(CronJob).max(50),
  healthPath: HealthPath.optional(),
  /** Seconds until all its replicas have to be healthy. */
  healthSeconds: HealthSeconds.optional(),
  formation: Formation,
  /** Defaults for config vars; what the app's owner has set wins. */
  env: z.record(ConfigName, EnvValue),
  smoke: SmokeQueries.optional(),
  warnings: z.array(z.string()),
});
export type SourcePlan = z.infer<typeof SourcePlan>;

export interface ArchiveLimits {
  readonly entries: number;
  /** Bytes of all files once extracted. */
  readonly bytes: number;
  /** Extracted bytes may be at most this many times what was read, beyond the first 16 MiB. */
  readonly ratio: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { entries: 50_000, bytes: 1024 ** 3, ratio: 150 };

/**
 * The container's argv for a command's text. The shell keeps alive through a SIGTERM, which the init process gives to
 * the whole group (`GROUP_SIGNALS`): so the program itself hears it and may finish what it has before the shell ends.
 */
export const containerArgv = (text: string): [string, string, string] => [
  '/bin/sh',
  '-c',
  `trap : TERM; ${text}`,
];

/** Tells the engine's init (tini) to pass signals to the program's group and not to its shell alone. */
export const GROUP_SIGNALS = { TINI_KILL_PROCESS_GROUP: '1' } as const;

/** True where a text has a control character (tabs too). */
export function hasControl(text: string): boolean {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
