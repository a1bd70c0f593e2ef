import { z } from 'zod';
import type { Step } from '../../kernel/step.ts';

/** What the key of a repository is sealed as, beside the repository's id. */
export const REPOSITORY_KEY = 'repository-key';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** What can be backed up by itself. */
export const SourceType = z.enum(['database', 'volume', 'project', 'platform']);
export type SourceType = z.infer<typeof SourceType>;

/** `id`: of the database, volume or project; the platform has none. */
export const Source = z.object({ type: SourceType, id: z.uuid().nullable() });
export type Source = z.infer<typeof Source>;

/** dump: logical. base: a physical copy that WAL goes on from. */
export const BackupKind = z.enum(['dump', 'base', 'wal', 'volume', 'project', 'platform', 'registry']);
export type BackupKind = z.infer<typeof BackupKind>;

export const BackupReason = z.enum(['schedule', 'request', 'safety']);
export type BackupReason = z.infer<typeof BackupReason>;

export const Verdict = z.enum(['unproven', 'sound', 'broken', 'missing']);
export type Verdict = z.infer<typeof Verdict>;

const Restored = z.object({
  projectId: z.uuid(),
  backupId: z.uuid(),
  databaseId: z.uuid(),
  inPlace: z.boolean(),
  incarnation: z.int().positive(),
  /** A moment; null: as the backup is. */
  to: z.iso.datetime().nullable(),
});
export type Restored = z.infer<typeof Restored>;

/** Steps of this capability. `take` and `ensureRepositories` may be emitted by other plans, see `safetyBackup`. */
export const BackupsStep = {
  /**
   * Every vault has an open repository for the project (null: for the platform itself); with `after`, one that was
   * made since that moment.
   */
  ensureRepositories: z.object({ projectId: z.uuid().nullable(), after: z.iso.datetime().optional() }),
  /** One backup of the source in each vault, or in the named repository only. One vault that takes it is enough for `safety`. */
  take: z.object({
    source: Source,
    kind: BackupKind,
    reason: BackupReason,
    repositoryId: z.uuid().optional(),
  }),
  /** What was taken lately gets its signed line of the list into the vault, beside it. */
  putList: z.object({ repositoryId: z.uuid() }),
  /** What the vaults have of a project that this platform made and does not know of. */
  adopt: z.object({ projectId: z.uuid() }),
  checkRepository: z.object({ repositoryId: z.uuid(), data: z.boolean() }),
  /** Restores it into a throw-away instance and compares. */
  prove: z.object({ backupId: z.uuid() }),
  /** Fills the data directory `incarnation` of a database from a backup, and compares. */
  fill: Restored,
  /** The database uses that directory from now on; or the one before again. */
  /** The same for a database that was lost: to the last moment that the vault has, else from its newest dump. */
  fillLatest: z.object({
    projectId: z.uuid(),
    databaseId: z.uuid(),
    backupId: z.uuid(),
    incarnation: z.int().positive(),
  }),
  swap: Restored,
  takeBack: Restored,
  restoreVolume: z.object({ backupId: z.uuid(), volumeId: z.uuid(), path: z.string().nullable() }),
  /** One file of a backup, encrypted to whoever asked for it. */
  writeDownload: z.object({ downloadId: z.uuid() }),
  giveDownloadUp: z.object({ downloadId: z.uuid() }),
} as const;

/** The step that a plan puts before what is risky: without a backup that arrived, the operation goes no further. */
export const safetyBackup = (source: { type: 'database' | 'volume'; id: string }): Step => ({
  capability: 'backups',
  kind: 'take',
  key: `backups.take:${source.id}`,
  summary: `Back the ${source.type} up first`,
  input: { source, kind: source.type === 'volume' ? 'volume' : 'dump', reason: 'safety' },
});

/** What a table of a dump must be equal to once restored. */
export const TableManifest = z.object({
  name: z.string(),
  rows: z.number(),
  checksum: z.string(),
});

/** Of a database: as the dump's own snapshot saw it. */
export const DatabaseManifest = z.object({
  engine: z.enum(['postgres', 'mariadb', 'redis']),
  version: z.string(),
  plan: z.string(),
  /** Hash of the schema. */
  schema: z.string(),
  tables: z.array(TableManifest),
});
export type DatabaseManifest = z.infer<typeof DatabaseManifest>;

/** Of files: a hash over every name, kind, mode, owner and content. */
export const TreeManifest = z.object({ tree: z.string(), files: z.int(), bytes: z.int() });
export type TreeManifest = z.infer<typeof TreeManifest>;

export const ProjectParam = z.string().max(40).meta({ description: 'Name of the project', example: 'shop' });

export const SourceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, 'a name is 2 to 40 lower-case letters, digits and dashes')
  .meta({ description: 'Name of a database or volume of the project', example: 'orders' });

export const Backup = z.object({
  id: z.uuid(),
  kind: BackupKind,
  source: z.string().meta({ description: 'Name of what was backed up', example: 'orders' }),
  engine: z.string().nullable(),
  reason: BackupReason,
  vault: z.string(),
  takenAt: z.iso.datetime().meta({ description: 'The moment whose state it holds' }),
  bytes: z.int().meta({ description: 'Size as it was read' }),
  addedBytes: z.int().nullable().meta({ description: 'What the vault grew by, before compression' }),
  verdict: Verdict,
  message: z.string().nullable(),
  verifiedAt: z.iso.datetime().nullable().meta({ description: 'Last seen in the vault, sound' }),
  restoredAt: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'Last restored into a throw-away instance and compared' }),
  smoke: z
    .enum(['holds', 'fails'])
    .nullable()
    .meta({ description: "What the project's own queries answered then; null: there is none" }),
});
export type Backup = z.infer<typeof Backup>;

/** Hours that a finished download is kept, and how many of a project there may be at a time. */
export const DOWNLOADS = { keepHours: 48, most: 5 } as const;

/** Where the file of a finished download is. */
export const downloadFile = (dir: string, downloadId: string): string => `${dir}/${downloadId}.tar.gz.age`;

export const Download = z.object({
  id: z.uuid(),
  backup: z.uuid().meta({ description: 'Id of the backup' }),
  status: z.enum(['pending', 'ready', 'failed', 'gone']),
  recipient: z.string().meta({ description: 'What the file is encrypted to' }),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*\.tar\.gz\.age$/)
    .meta({ description: 'Name of the file', example: 'shop-orders-2026-11-22.tar.gz.age' }),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  bytes: z.int().nullable(),
  sha256: z.string().nullable(),
  expiresAt: z.iso.datetime().nullable(),
});
export type Download = z.infer<typeof Download>;

/** How far back and how far up to now a database can be restored to any second. */
export const Recoverable = z.object({
  source: z.string(),
  from: z.iso.datetime(),
  until: z.iso.datetime(),
});

export const Schedule = z.object({
  source: z.string(),
  type: z.enum(['database', 'volume', 'project']),
  everyHours: z.int().nullable().meta({ description: 'null: not by itself' }),
  atMinute: z.int().meta({ description: 'Minute of the day, UTC' }),
  smokeQuery: z.string().nullable(),
  lastAt: z.iso.datetime().nullable(),
  nextAt: z.iso.datetime().nullable(),
});
export type Schedule = z.infer<typeof Schedule>;

export const VaultView = z.object({
  name: z.string(),
  url: z.string(),
  place: z.enum(['here', 'elsewhere']),
  status: z.enum(['unknown', 'ready', 'unreachable', 'full', 'refusing']),
  message: z.string().nullable(),
  seenAt: z.iso.datetime().nullable(),
});
