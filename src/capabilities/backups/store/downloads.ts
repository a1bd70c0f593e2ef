import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import { DOWNLOADS, type Download } from '../model.ts';
import type { Db } from './repositories.ts';

const named = (db: Db) =>
  db
    .selectFrom('backup_downloads as d')
    .innerJoin('backups as b', 'b.id', 'd.backup_id')
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .selectAll('d')
    .select(['b.source_name', 'b.taken_at', 'p.name as project']);
export type DownloadRow = Awaited<ReturnType<ReturnType<typeof named>['execute']>>[number];

export const findDownload = (db: Db, id: string): Promise<DownloadRow | undefined> =>
  named(db).where('d.id', '=', id).executeTakeFirst();

export const downloadReady = (db: Db, id: string, made: { bytes: number; sha256: string }) =>
  db
    .updateTable('backup_downloads')
    .set({
      ...made,
      status: 'ready',
      ready_at: sql`now()`,
      expires_at: sql`now() + make_interval(hours => ${DOWNLOADS.keepHours})`,
    })
    .where('id', '=', id)
    .execute();

export const downloadFailed = (db: Db, id: string) =>
  db
    .updateTable('backup_downloads')
    .set({ status: 'failed' })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute();

/** Takes those off the list that are too old; gives the ids of all whose files stay. */
export async function keptDownloads(db: Db, now: Date): Promise<ReadonlySet<string>> {
  await db
    .updateTable('backup_downloads')
    .set({ status: 'gone' })
    .where('status', '=', 'ready')
    .where('expires_at', '<', now)
    .execute();
  const rows = await db
    .selectFrom('backup_downloads')
    .select('id')
    .where('status', 'in', ['pending', 'ready'])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** undefined: the project has as many as it may have. */
export async function askDownload(
  db: TenantDb,
  wish: {
    organizationId: string;
    projectId: string;
    backupId: string;
    requestedBy: string;
    recipient: string;
  },
): Promise<string | undefined> {
  const open = await db
    .selectFrom('backup_downloads')
    .select('id')
    .where('project_id', '=', wish.projectId)
    .where('status', 'in', ['pending', 'ready'])
    .limit(DOWNLOADS.most)
    .execute();
  if (open.length >= DOWNLOADS.most) return undefined;
  const id = newId();
  await db
    .insertInto('backup_downloads')
    .values({
      id,
      organization_id: wish.organizationId,
      project_id: wish.projectId,
      backup_id: wish.backupId,
      requested_by: wish.requestedBy,
      recipient: wish.recipient,
    })
    .execute();
  return id;
}

export async function downloadsOf(db: TenantDb, projectId: string, id?: string): Promise<Download[]> {
  const rows = await named(db)
    .where('d.project_id', '=', projectId)
    .$if(id !== undefined, (query) => query.where('d.id', '=', id!))
    .orderBy('d.created_at', 'desc')
    .limit(50)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    backup: row.backup_id,
    status: row.status,
    recipient: row.recipient,
    name: `${row.project}-${row.source_name}-${row.taken_at.toISOString().slice(0, 10)}.tar.gz.age`,
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    bytes: row.bytes === null ? null : Number(row.bytes),
    sha256: row.sha256,
    expiresAt: row.expires_at?.toISOString() ?? null,
  }));
}
