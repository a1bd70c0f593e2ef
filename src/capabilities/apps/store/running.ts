import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const writeChunk = (db: Db, operationId: string, source: string, data: string) =>
  db
    .insertInto('stream_chunks')
    .values({ operation_id: operationId, direction: 'output', source, data: data.replaceAll('\u0000', '') })
    .execute();

/** How the one-off of an operation ended. */
export async function exitCode(db: Db, operationId: string): Promise<number | null> {
  const row = await db
    .selectFrom('stream_chunks')
    .select('data')
    .where('operation_id', '=', operationId)
    .where('source', '=', 'exit')
    .executeTakeFirst();
  return row ? Number(row.data) : null;
}

/** Output of streams that ended is not kept. */
export const dropOldChunks = (db: Db) =>
  sql`delete from stream_chunks c using operations o where o.id = c.operation_id
    and o.status not in ('queued', 'running') and o.finished_at < now() - interval '5 minutes'`.execute(db);

/** Live releases that have cron jobs. */
export const cronReleases = (db: Db) =>
  db
    .selectFrom('releases')
    .innerJoin('apps', 'apps.id', 'releases.app_id')
    .innerJoin('projects', 'projects.id', 'apps.project_id')
    .select([
      'apps.id as appId',
      'apps.organization_id',
      'apps.project_id',
      'releases.cron',
      'releases.live_at',
    ])
    .where('releases.traffic', '=', 'live')
    .where('apps.maintenance', '=', false)
    .where('projects.suspended_at', 'is', null)
    .where(sql<boolean>`jsonb_array_length(releases.cron) > 0`)
    .execute();

/** Runs `make` for a cron run that is due, unless it was made already. */
export const cronDue = (db: Db, appId: string, job: string, dueAt: Date, operationId: string) =>
  db
    .insertInto('cron_runs')
    .values({ app_id: appId, job, due_at: dueAt, operation_id: operationId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('operation_id')
    .executeTakeFirst();

export async function cronWasRun(db: Db, appId: string, job: string, due: Date): Promise<boolean> {
  const row = await db
    .selectFrom('cron_runs')
    .select('job')
    .where('app_id', '=', appId)
    .where('job', '=', job)
    .where('due_at', '=', due)
    .executeTakeFirst();
  return row !== undefined;
}

export const replicasOf = (db: Db, appId: string) =>
  db
    .selectFrom('replicas')
    .selectAll()
    .where('app_id', '=', appId)
    .orderBy('process')
    .orderBy('since')
    .execute();

export async function replaceReplicas(db: Kysely<Database>, rows: readonly NewReplica[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('replicas')
      .$if(rows.length > 0, (query) =>
        query.where(
          'task_id',
          'not in',
          rows.map((row) => row.task_id),
        ),
      )
      .execute();
    if (rows.length === 0) return;
    await tx
      .insertInto('replicas')
      .values([...rows])
      .onConflict((conflict) =>
        conflict.column('task_id').doUpdateSet((eb) => ({
          state: eb.ref('excluded.state'),
          error: eb.ref('excluded.error'),
          since: eb.ref('excluded.since'),
          seen_at: sql`now()`,
        })),
      )
      .execute();
  });
}

export interface NewReplica {
  readonly task_id: string;
  readonly organization_id: string;
  readonly app_id: string;
  readonly process: string;
  readonly version: number;
  readonly state: string;
  readonly error: string | null;
  readonly since: string;
}
