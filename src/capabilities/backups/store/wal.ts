import { sql } from 'kysely';
import type { Failure } from '../../../db/schema.ts';
import type { Db } from './repositories.ts';

export const walPosition = (db: Db, databaseId: string, repositoryId: string) =>
  db
    .selectFrom('wal_positions')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('repository_id', '=', repositoryId)
    .executeTakeFirst();

export const walPositions = (db: Db, databaseId: string) =>
  db.selectFrom('wal_positions').selectAll().where('database_id', '=', databaseId).execute();

export interface Position {
  readonly databaseId: string;
  readonly repositoryId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly incarnation: number;
  readonly segment: string | null;
  readonly snapshotId: string | null;
  readonly coversUntil: Date | null;
}

export async function setWalPosition(db: Db, p: Position): Promise<void> {
  const values = {
    incarnation: p.incarnation,
    segment: p.segment,
    snapshot_id: p.snapshotId,
    covers_until: p.coversUntil,
    shipped_at: sql<Date>`now()`,
    failures: 0,
    failure: null,
  };
  await db
    .insertInto('wal_positions')
    .values({
      database_id: p.databaseId,
      repository_id: p.repositoryId,
      organization_id: p.organizationId,
      project_id: p.projectId,
      ...values,
    })
    .onConflict((conflict) => conflict.columns(['database_id', 'repository_id']).doUpdateSet(values))
    .execute();
}

/** How often in a row it failed by now. */
export async function walFailed(
  db: Db,
  p: Omit<Position, 'segment' | 'snapshotId' | 'coversUntil'>,
  failure: Failure,
): Promise<number> {
  const row = await db
    .insertInto('wal_positions')
    .values({
      database_id: p.databaseId,
      repository_id: p.repositoryId,
      organization_id: p.organizationId,
      project_id: p.projectId,
      incarnation: p.incarnation,
      failures: 1,
      failure: JSON.stringify(failure),
    })
    .onConflict((conflict) =>
      conflict.columns(['database_id', 'repository_id']).doUpdateSet({
        failures: sql<number>`wal_positions.failures + 1`,
        failure: JSON.stringify(failure),
      }),
    )
    .returning('failures')
    .executeTakeFirstOrThrow();
  return row.failures;
}

/** Finished blocks of one history that begin at the segment or after, and the one that holds it; in order. */
export async function walBlocks(
  db: Db,
  of: { databaseId: string; repositoryId: string; incarnation: number; from: string },
): Promise<{ id: string; snapshotId: string; last: string; digest: string | null }[]> {
  const { rows } = await sql<{ id: string; snapshot_id: string; last: string; digest: string | null }>`
    select id, snapshot_id, wal ->> 'last' as last, manifest ->> 'digest' as digest from backups
    where kind = 'wal' and source_id = ${of.databaseId} and repository_id = ${of.repositoryId}
      and (wal ->> 'incarnation')::integer = ${of.incarnation}
      and substr(wal ->> 'last', 9) >= substr(${of.from}, 9)
    order by wal ->> 'last'`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    snapshotId: row.snapshot_id,
    last: row.last,
    digest: row.digest,
  }));
}

export const postgresDatabases = (db: Db) =>
  db
    .selectFrom('databases')
    .selectAll()
    .where('engine', '=', 'postgres')
    .where('status', '=', 'ready')
    .execute();

/** PostgreSQL databases without a physical backup of their present history in one of the active vaults. */
export async function withoutBase(
  db: Db,
): Promise<{ id: string; name: string; projectId: string; organizationId: string }[]> {
  const { rows } = await sql<{ id: string; name: string; project_id: string; organization_id: string }>`
    select d.id, d.name, d.project_id, d.organization_id from databases d
    where d.engine = 'postgres' and d.status = 'ready' and exists (
      select from vaults v where v.retired_at is null and not exists (
        select from backups b join repositories r on r.id = b.repository_id and r.removed_at is null
        where r.vault_id = v.id and b.kind = 'base' and b.source_id = d.id and b.verdict in ('unproven', 'sound')
          and b.wal ->> 'until' is null and (b.wal ->> 'incarnation')::integer = d.incarnation))`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    projectId: row.project_id,
    organizationId: row.organization_id,
  }));
}

/** The physical backups of a database by which a moment can be reached, newest first, each with what is covered. */
export async function bases(db: Db, databaseId: string) {
  const { rows } = await sql<{
    id: string;
    repository_id: string;
    taken_at: Date;
    covers_until: Date | null;
    vault_status: string;
    growing: boolean;
  }>`
    select b.id, b.repository_id, b.taken_at, v.status as vault_status,
      b.wal ->> 'until' is null and exists (select from databases d where d.id = b.source_id and d.status = 'ready'
        and d.incarnation = (b.wal ->> 'incarnation')::integer) as growing,
      case when b.wal ->> 'until' is not null then (b.wal ->> 'until')::timestamptz
        else greatest(case when p.incarnation = (b.wal ->> 'incarnation')::integer then p.covers_until end,
          (select max(w.taken_at) from backups w where w.kind = 'wal' and w.source_id = b.source_id
            and w.repository_id = b.repository_id and w.wal ->> 'incarnation' = b.wal ->> 'incarnation')) end as covers_until
    from backups b
      join repositories r on r.id = b.repository_id and r.removed_at is null
      join vaults v on v.id = r.vault_id
      left join wal_positions p on p.database_id = b.source_id and p.repository_id = b.repository_id
    where b.kind = 'base' and b.source_id = ${databaseId} and b.verdict in ('unproven', 'sound')
    order by b.taken_at desc`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    repositoryId: row.repository_id,
    from: new Date(row.taken_at),
    until: row.covers_until ? new Date(row.covers_until) : null,
    ready: row.vault_status !== 'unreachable',
    growing: row.growing,
  }));
}

/** After a gap the earlier physical backups lead to the moments before it and no further. */
export async function closeBases(db: Db, databaseId: string, incarnation: number): Promise<void> {
  await sql`update backups b set wal = b.wal || jsonb_build_object('until', p.covers_until)
    from wal_positions p where p.database_id = b.source_id and p.repository_id = b.repository_id
      and b.kind = 'base' and b.source_id = ${databaseId} and (b.wal ->> 'incarnation')::integer = ${incarnation}
      and b.wal ->> 'until' is null`.execute(db);
}
