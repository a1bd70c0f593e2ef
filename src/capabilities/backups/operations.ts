import { z } from 'zod';
import { BackupKind, BackupReason, Source } from './model.ts';

/** Input of backups.run. */
export const RunInput = z.object({
  projectId: z.uuid().nullable(),
  items: z.array(z.object({ source: Source, kind: BackupKind, name: z.string() })).min(1),
  reason: BackupReason,
});
export type RunInput = z.infer<typeof RunInput>;

/** Input of backups.rotate: repositories that are older than `after` get no more. */
export const RotateInput = RunInput.extend({ after: z.iso.datetime() });
export type RotateInput = z.infer<typeof RotateInput>;

/** Input of backups.check and backups.prove. */
export const CheckInput = z.object({ repositoryId: z.uuid(), data: z.boolean() });
export const ProveInput = z.object({ backupId: z.uuid() });

/** Input of backups.download. */
export const DownloadInput = z.strictObject({ downloadId: z.uuid() });

/** Input of backups.restore. `to`: a moment, from the physical backup and WAL. */
export const RestoreInput = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('database'),
    projectId: z.uuid(),
    /** What is restored: the dump, or the physical backup before `to`. */
    backupId: z.uuid(),
    databaseId: z.uuid(),
    inPlace: z.boolean(),
    /** The data directory that is filled, next to the one in use. */
    incarnation: z.int().positive(),
    to: z.iso.datetime().nullable(),
  }),
  z.object({
    type: z.literal('volume'),
    backupId: z.uuid(),
    volumeId: z.uuid(),
    path: z.string().nullable(),
  }),
]);
export type RestoreInput = z.infer<typeof RestoreInput>;

/** Backups of one project run one after the other; checks and proofs beside them. */
export const runTarget = (projectId: string | null): string => `backups:${projectId ?? 'platform'}`;
export const checkTarget = (repositoryId: string): string => `repository:${repositoryId}`;
export const downloadTarget = (downloadId: string): string => `backup-download:${downloadId}`;
export const proveTarget = (projectId: string): string => `backups-prove:${projectId}`;

/** A database is dumped; a PostgreSQL one is copied physically too, so that WAL can go on from there. */
export function itemsOf(source: {
  readonly type: 'database' | 'volume' | 'project';
  readonly id: string;
  readonly name: string;
  readonly engine: string | null;
}): RunInput['items'] {
  const item = (kind: BackupKind) => ({
    source: { type: source.type, id: source.id },
    kind,
    name: source.name,
  });
  if (source.type === 'database')
    return source.engine === 'postgres' ? [item('dump'), item('base')] : [item('dump')];
  return [item(source.type)];
}

export const platformItems: RunInput['items'] = [
  { source: { type: 'platform', id: null }, kind: 'platform', name: 'platform' },
  { source: { type: 'platform', id: null }, kind: 'registry', name: 'registry' },
];
