import { sql } from 'kysely';
import type { BackupKind, BackupReason, Verdict } from '../model.ts';
import type { Db } from './repositories.ts';

export interface NewBackup {
  readonly id: string;
  readonly organizationId: string | null;
  readonly projectId: string | null;
  readonly repositoryId: string;
  readonly operationId: string | null;
  readonly kind: BackupKind;
  readonly sourceId: string | null;
  readonly sourceName: string;
  readonly engine: 'postgres' | 'mariadb' | 'redis' | null;
  readonly reason: BackupReason;
  readonly snapshotId: string;
  readonly bytes: number;
  readonly addedBytes: number | null;
  readonly manifest: unknown;
  readonly wal: { segment: string; last?: string; incarnation: number } | null;
  readonly startedAt: Date;
  readonly takenAt: Date;
  readonly signature: string;
}

export const addBackup = (db: Db, b: NewBackup) =>
  db
    .insertInto('backups')
    .values({
      id: b.id,
      organization_id: b.organizationId,
      project_id: b.projectId,
      repository_id: b.repositoryId,
      operation_id: b.operationId,
      kind: b.kind,
      source_id: b.sourceId,
      source_name: b.sourceName,
      engine: b.engine,
      reason: b.reason,
      snapshot_id: b.snapshotId,
      bytes: b.bytes,
      added_bytes: b.addedBytes,
      manifest: JSON.stringify(b.manifest),
      wal: b.wal ? JSON.stringify(b.wal) : null,
      started_at: b.startedAt,
      taken_at: b.takenAt,
      signature: b.signature,
    })
    .execute();

const listed = (db: Db) =>
  db
    .selectFrom('backups as b')
    .innerJoin('repositories as r', 'r.id', 'b.repository_id')
    .innerJoin('vaults as v', 'v.id', 'r.vault_id')
    .selectAll('b')
    .select(['r.name as repository', 'r.generation', 'v.name as vault', 'v.status as vault_status'])
    .where('r.removed_at', 'is', null);
export type BackupRow = Awaited<ReturnType<ReturnType<typeof listed>['execute']>>[number];

export const backup = (db: Db, id: string): Promise<BackupRow | undefined> =>
  listed(db).where('b.id', '=', id).executeTakeFirst();

export const backupsOfRepository = (db: Db, repositoryId: string): Promise<BackupRow[]> =>
  listed(db).where('b.repository_id', '=', repositoryId).orderBy('b.taken_at', 'desc').execute();

export const backupsOfProject = (
  db: Db,
  projectId: string,
  filter: { source?: string | undefined; kind?: BackupKind | undefined; limit: number },
): Promise<BackupRow[]> =>
  listed(db)
    .where('b.project_id', '=', projectId)
    .$if(filter.source !== undefined, (q) => q.where('b.source_name', '=', filter.source!))
    .$if(filter.kind !== undefined, (q) => q.where('b.kind', '=', filter.kind!))
    .orderBy('b.taken_at', 'desc')
    .limit(filter.limit)
    .execute();

/** Those of one source that may be restored, newest first. */
export const backupsOfSource = (db: Db, sourceId: string, kind: BackupKind): Promise<BackupRow[]> =>
  listed(db)
    .where('b.source_id', '=', sourceId)
    .where('b.kind', '=', kind)
    .where('b.verdict', 'in', ['unproven', 'sound'])
    .orderBy('b.taken_at', 'desc')
    .execute();

export const newestOfKind = (db: Db, repositoryId: string, kind: BackupKind, sourceId: string | null) =>
  listed(db)
    .where('b.repository_id', '=', repositoryId)
    .where('b.kind', '=', kind)
    .where('b.source_id', sourceId === null ? 'is' : '=', sourceId)
    .orderBy('b.taken_at', 'desc')
    .executeTakeFirst();

/** Sources whose newest dump was not restored and compared since `before`: that dump, and when it last was. */
export async function toProve(db: Db, before: Date): Promise<{ id: string; projectId: string }[]> {
  const { rows } = await sql<{ id: string; project_id: string }>`
    select distinct on (b.source_id) b.id, b.project_id from backups b
      join repositories r on r.id = b.repository_id and r.removed_at is null
      join vaults v on v.id = r.vault_id and v.retired_at is null and v.status in ('ready', 'unknown')
    where b.kind in ('dump', 'volume') and b.verdict in ('unproven', 'sound')
      and not exists (select from backups p where p.source_id = b.source_id and p.restored_at > ${before})
      and (exists (select from databases d where d.id = b.source_id and d.status = 'ready')
        or exists (select from volumes o where o.id = b.source_id and o.deleted_at is null))
    order by b.source_id, b.taken_at desc`.execute(db);
  return rows.map((row) => ({ id: row.id, projectId: row.project_id }));
}

export const judge = (db: Db, ids: readonly string[], verdict: Verdict, message: string | null) =>
  ids.length === 0
    ? Promise.resolve([])
    : db.updateTable('backups').set({ verdict, verdict_message: message }).where('id', 'in', ids).execute();

/** Seen in the vault, sound in structure. A verdict that a restore gave stays. */
export const seen = (db: Db, ids: readonly string[]) =>
  ids.length === 0
    ? Promise.resolve([])
    : db.updateTable('backups').set({ checked_at: sql<Date>`now()` }).where('id', 'in', ids).execute();

/** It came back equal. `smoke`: what the project's own queries came to, and what is to be said of them. */
/** It was restored where it was wanted, and equal: nobody need try it before the next round. What its own queries said stays. */
export const restoredEqual = (db: Db, id: string) =>
  db
    .updateTable('backups')
    .set({ restored_at: sql<Date>`now()`, verdict: 'sound' })
    .where('id', '=', id)
    .where('verdict', 'in', ['unproven', 'sound'])
    .execute();

export const proven = (
  db: Db,
  id: string,
  smoke: { readonly answer: 'holds' | 'fails' | null; readonly message: string | null },
) =>
  db
    .updateTable('backups')
    .set({
      restored_at: sql<Date>`now()`,
      verdict: 'sound',
      verdict_message: smoke.message,
      smoke: smoke.answer,
    })
    .where('id', '=', id)
    .execute();
