import { sql } from 'kysely';
import type { SourceState } from '../policy.ts';
import { minuteOf } from '../policy.ts';
import type { Db } from './repositories.ts';

export interface SourceRow {
  readonly type: 'database' | 'volume' | 'project';
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly organizationId: string;
  readonly engine: 'postgres' | 'mariadb' | 'redis' | null;
  readonly state: SourceState;
  readonly smokeQuery: string | null;
}

interface Raw {
  type: SourceRow['type'];
  id: string;
  name: string;
  project_id: string;
  organization_id: string;
  engine: SourceRow['engine'];
  created_at: Date;
  has_policy: boolean;
  every_hours: number | null;
  at_minute: number | null;
  smoke_query: string | null;
  last_at: Date | null;
  vaults_without: number | string;
  failures: number | string;
  failed_at: Date | null;
}

const time = (value: Date | string | null): number | null =>
  value === null ? null : new Date(value).getTime();

/**
 * Everything that is backed up by itself: databases, volumes, and each project's own records. `lastAt` is that of the
 * active vault that is behind the most; null where one of them has none.
 */
export async function sources(db: Db, projectId?: string): Promise<SourceRow[]> {
  const only = projectId ? sql`and s.project_id = ${projectId}` : sql``;
  const { rows } = await sql<Raw>`
    with s as (
      select 'database' as type, id, name, project_id, organization_id, engine, created_at from databases where status = 'ready'
      union all select 'volume', id, name, project_id, organization_id, null, created_at from volumes
        where deleted_at is null and state = 'ready'
      union all select 'project', id, name, id, organization_id, null, created_at from projects where key_recipient is not null
    ), newest as (
      select b.source_id, r.vault_id, max(b.started_at) as last_at from backups b
        join repositories r on r.id = b.repository_id and r.removed_at is null
        join vaults v on v.id = r.vault_id and v.retired_at is null
      where b.kind in ('dump', 'volume', 'project') group by b.source_id, r.vault_id
    )
    select s.*, p.source_id is not null as has_policy, p.every_hours, p.at_minute, p.smoke_query,
      (select min(n.last_at) from newest n where n.source_id = s.id) as last_at,
      (select count(*) from vaults v where v.retired_at is null
        and not exists (select from newest n where n.source_id = s.id and n.vault_id = v.id)) as vaults_without,
      coalesce(a.times, 0) as failures, a.last_at as failed_at
    from s left join backup_policies p on p.source_id = s.id
      left join alerts a on a.code = 'backup_failed' and a.subject = s.type || ':' || s.id and a.resolved_at is null
    where true ${only} order by s.type, s.name`.execute(db);
  return rows.map((row) => ({
    type: row.type,
    id: row.id,
    name: row.name,
    projectId: row.project_id,
    organizationId: row.organization_id,
    engine: row.engine,
    smokeQuery: row.smoke_query,
    state: {
      policy: {
        everyHours: row.has_policy ? row.every_hours : 24,
        atMinute: row.at_minute ?? minuteOf(row.id),
      },
      createdAt: time(row.created_at)!,
      lastAt: Number(row.vaults_without) > 0 ? null : time(row.last_at),
      failures: Number(row.failures),
      failedAt: time(row.failed_at),
    },
  }));
}

export interface PolicyRow {
  readonly sourceId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly everyHours: number | null;
  readonly atMinute: number | null;
  readonly smokeQuery: string | null;
}

export async function setPolicy(db: Db, policy: PolicyRow): Promise<void> {
  const values = {
    every_hours: policy.everyHours,
    at_minute: policy.atMinute,
    smoke_query: policy.smokeQuery,
    updated_at: sql<Date>`now()`,
  };
  await db
    .insertInto('backup_policies')
    .values({
      source_id: policy.sourceId,
      organization_id: policy.organizationId,
      project_id: policy.projectId,
      ...values,
    })
    .onConflict((conflict) => conflict.column('source_id').doUpdateSet(values))
    .execute();
}

/** The most queries that are asked of one copy. */
const QUERIES = 10;

/** What a restored copy must answer: by its schedule, and by the live release of each app that it is attached to. */
export async function smokeQueries(db: Db, sourceId: string): Promise<{ from: string; query: string }[]> {
  const { rows } = await sql<{ from: string; query: string }>`
    select 'backups:schedule' as from, smoke_query as query from backup_policies
      where source_id = ${sourceId} and smoke_query is not null
    union all
    select a.name || ' (bastide.yaml)', r.smoke ->> d.name from databases d
      join database_attachments t on t.database_id = d.id and not t.detaching
      join apps a on a.id = t.app_id and a.deleted_at is null
      join releases r on r.app_id = a.id and r.traffic = 'live'
      where d.id = ${sourceId} and r.smoke ->> d.name is not null
    order by 1 limit ${QUERIES}`.execute(db);
  return rows;
}

/** Keys of the steps of an operation by how they ended. */
export async function stepKeys(
  db: Db,
  operationId: string,
): Promise<{ done: ReadonlySet<string>; failed: ReadonlySet<string> }> {
  const rows = await db
    .selectFrom('operation_steps')
    .select(['key', 'status', 'failure'])
    .where('operation_id', '=', operationId)
    .execute();
  const keys = (status: string) =>
    new Set(
      rows
        // What a killed agent left half-way is tried again.
        .filter((row) => row.status === status && row.failure?.code !== 'engine_interrupted')
        .map((row) => row.key),
    );
  return { done: keys('done'), failed: keys('failed') };
}

export const projectName = async (db: Db, id: string): Promise<string | undefined> =>
  (await db.selectFrom('projects').select('name').where('id', '=', id).executeTakeFirst())?.name;

export const databaseRow = (db: Db, id: string) =>
  db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirst();
export type DatabaseRow = NonNullable<Awaited<ReturnType<typeof databaseRow>>>;

export const volumeRow = (db: Db, id: string) =>
  db.selectFrom('volumes').selectAll().where('id', '=', id).executeTakeFirst();

/** The database uses this data directory from its next start on. Again is fine. */
export const useIncarnation = (db: Db, databaseId: string, incarnation: number) =>
  db
    .updateTable('databases')
    .set({
      incarnation,
      previous: sql<string>`case when incarnation < ${incarnation}
        then jsonb_build_object('incarnation', incarnation, 'version', version) else previous end`,
    })
    .where('id', '=', databaseId)
    .execute();

/** Back to the one before, where it is this one that is used. */
export const leaveIncarnation = (db: Db, databaseId: string, incarnation: number) =>
  db
    .updateTable('databases')
    .set({ incarnation: sql<number>`(previous ->> 'incarnation')::integer`, previous: null })
    .where('id', '=', databaseId)
    .where('incarnation', '=', incarnation)
    .where('previous', 'is not', null)
    .execute();

export const credentialsOf = (db: Db, databaseId: string) =>
  db
    .selectFrom('database_credentials')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('status', '<>', 'dropped')
    .orderBy('generation')
    .execute();

/**
 * Which database a restore goes into: the one it came from, into its next data directory; or a new one of that name,
 * whose row is made here. undefined where the name is taken or the old one is gone.
 */
export async function restoreTarget(
  db: Db,
  of: {
    backup: { source_id: string | null; source_name: string; manifest: unknown; engine: string | null };
    organizationId: string;
    projectId: string;
    as: string | undefined;
    id: string;
  },
): Promise<{ databaseId: string; inPlace: boolean; incarnation: number } | undefined> {
  const row = await databaseRow(db, of.backup.source_id ?? '');
  if (of.as === undefined) {
    if (row?.status !== 'ready') return undefined;
    return { databaseId: row.id, inPlace: true, incarnation: row.incarnation + 1 };
  }
  const manifest = of.backup.manifest as { version?: string; plan?: string };
  const made = await db
    .insertInto('databases')
    .values({
      id: of.id,
      organization_id: of.organizationId,
      project_id: of.projectId,
      name: of.as,
      engine: of.backup.engine as DatabaseRow['engine'],
      version: manifest.version ?? row?.version ?? '15',
      plan: manifest.plan ?? row?.plan ?? 'small',
    })
    .onConflict((conflict) => conflict.column('name').where('status', '<>', 'destroyed').doNothing())
    .returning('id')
    .executeTakeFirst();
  return made && { databaseId: made.id, inPlace: false, incarnation: 1 };
}

export const projectIds = async (db: Db): Promise<string[]> =>
  (await db.selectFrom('projects').select('id').execute()).map(({ id }) => id);
