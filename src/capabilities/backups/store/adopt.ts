import { sql } from 'kysely';
import type { ListEntry } from '../list.ts';
import { addBackup } from './list.ts';
import type { Db, RepositoryRow } from './repositories.ts';

/** Backups of a repository whose lines are not in the vault yet, oldest first. WAL needs none: its tags say all of it. */
export const unlisted = (db: Db, repositoryId: string, most: number) =>
  db
    .selectFrom('backups')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('kind', '!=', 'wal')
    .where('listed_at', 'is', null)
    .orderBy('started_at')
    .limit(most)
    .execute();

export const markListed = (db: Db, ids: readonly string[]) =>
  db.updateTable('backups').set({ listed_at: sql<Date>`now()` }).where('id', 'in', ids).execute();

/** Those of the ids that the platform's list has, in whatever repository. */
export async function knownBackups(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const uuids = ids.filter((id) => /^[0-9a-f-]{36}$/.test(id));
  if (uuids.length === 0) return new Set();
  const rows = await db.selectFrom('backups').select('id').where('id', 'in', uuids).execute();
  return new Set(rows.map(({ id }) => id));
}

/** A line that was only in the vault is on the platform's list again. False: it was there. */
export async function adoptBackup(
  db: Db,
  row: Pick<RepositoryRow, 'id' | 'organization_id' | 'project_id'>,
  entry: ListEntry,
): Promise<boolean> {
  const there = await db
    .selectFrom('backups')
    .select('id')
    .where((eb) =>
      eb.or([
        eb('id', '=', entry.id),
        eb.and([eb('repository_id', '=', row.id), eb('snapshot_id', '=', entry.snapshotId)]),
      ]),
    )
    .executeTakeFirst();
  if (there) return false;
  await addBackup(db, {
    ...entry,
    wal: entry.wal && {
      segment: entry.wal.segment,
      incarnation: entry.wal.incarnation,
      ...(entry.wal.last === undefined ? {} : { last: entry.wal.last }),
    },
    organizationId: row.organization_id,
    projectId: row.project_id,
    repositoryId: row.id,
    startedAt: new Date(entry.startedAt),
    takenAt: new Date(entry.takenAt),
  });
  await db
    .updateTable('backups')
    .set({ adopted_at: sql<Date>`now()`, ...(entry.kind === 'wal' ? {} : { listed_at: sql<Date>`now()` }) })
    .where('id', '=', entry.id)
    .execute();
  return true;
}

/** Segments that finished blocks of a history have, by the platform's list. */
export async function listedSegments(
  db: Db,
  of: { databaseId: string; repositoryId: string; incarnation: number },
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ files: string[] | null }>`
    select manifest -> 'files' as files from backups where kind = 'wal' and source_id = ${of.databaseId}
      and repository_id = ${of.repositoryId} and (wal ->> 'incarnation')::integer = ${of.incarnation}`.execute(
    db,
  );
  return new Set(rows.flatMap(({ files }) => files ?? []));
}

/** A database that waits for its files begins a history that the vault does not know yet. */
export const beginAfter = (db: Db, databaseId: string, incarnation: number) =>
  db
    .updateTable('databases')
    .set({ incarnation: incarnation + 1 })
    .where('id', '=', databaseId)
    .where('status', '=', 'suspended')
    .where('incarnation', '<=', incarnation)
    .execute();
