import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { newId } from '../../kernel/id.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Manifest } from './manifest.ts';
import type { Process } from './model.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findApp = (db: Db, appId: string) =>
  db.selectFrom('apps').selectAll().where('id', '=', appId).executeTakeFirst();

export const appNamed = (db: Db, name: string) =>
  db
    .selectFrom('apps')
    .selectAll()
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();

export const liveApps = (db: Db) =>
  db
    .selectFrom('apps')
    .select(['id', 'organization_id', 'project_id', 'name'])
    .where('deleted_at', 'is', null)
    .execute();

export const findBuild = (db: Db, buildId: string) =>
  db.selectFrom('builds').selectAll().where('id', '=', buildId).executeTakeFirst();

export const buildOf = (db: Db, operationId: string) =>
  db.selectFrom('builds').selectAll().where('operation_id', '=', operationId).executeTakeFirst();

export const latestBuild = (db: Db, appId: string) =>
  db
    .selectFrom('builds')
    .selectAll()
    .where('app_id', '=', appId)
    .where('status', '=', 'succeeded')
    .orderBy('id', 'desc')
    .executeTakeFirst();

export const buildWithDigest = (db: Db, organizationId: string, digest: string) =>
  db
    .selectFrom('builds')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('digest', '=', digest)
    .where('status', '=', 'succeeded')
    .orderBy('id', 'desc')
    .executeTakeFirst();

/** What the source says of itself, once it was read. */
export const buildRead = (db: Db, buildId: string, manifest: Manifest, stack: string) =>
  db
    .updateTable('builds')
    .set({ status: 'running', manifest: JSON.stringify(manifest), stack })
    .where('id', '=', buildId)
    .execute();

export const buildDone = (
  db: Db,
  buildId: string,
  image: { repository: string; digest: string; attestation: unknown },
) =>
  db
    .updateTable('builds')
    .set({
      status: 'succeeded',
      repository: image.repository,
      digest: image.digest,
      attestation: JSON.stringify(image.attestation),
      finished_at: sql`now()`,
    })
    .where('id', '=', buildId)
    .execute();

export const buildFailed = (db: Db, buildId: string) =>
  db
    .updateTable('builds')
    .set({ status: 'failed', finished_at: sql`now()` })
    .where('id', '=', buildId)
    .where('status', '!=', 'succeeded')
    .execute();

export const findRelease = (db: Db, releaseId: string) =>
  db.selectFrom('releases').selectAll().where('id', '=', releaseId).executeTakeFirst();

export const releaseOf = (db: Db, operationId: string) =>
  db.selectFrom('releases').selectAll().where('operation_id', '=', operationId).executeTakeFirst();

export const releaseVersion = (db: Db, appId: string, version: number) =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .where('version', '=', version)
    .executeTakeFirst();

export const releasesOf = (db: Db, appId: string, limit: number) =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();

export const servingReleases = (db: Db, appId: string) =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .where('traffic', 'in', ['live', 'draining'])
    .execute();

/** The newest release before `version` that was live once. */
export const previousRelease = (db: Db, appId: string, version: number) =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .where('version', '<', version)
    .where('live_at', 'is not', null)
    .orderBy('version', 'desc')
    .executeTakeFirst();

export interface NewRelease {
  readonly organizationId: string;
  readonly appId: string;
  readonly operationId: string;
  readonly buildId: string;
  readonly repository: string;
  readonly digest: string;
  readonly processes: Readonly<Record<string, Process>>;
  readonly phase: readonly string[] | null;
  readonly config: Readonly<Record<string, { sealed: string; secret: boolean }>>;
  readonly cron: readonly unknown[];
  readonly healthPath: string;
  readonly description: string;
  readonly createdBy: string;
}

/** The next version of the app. One operation makes one release, also when it is run twice. */
export async function insertRelease(db: Kysely<Database>, release: NewRelease): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${release.appId}, 1))`.execute(tx);
    if (await releaseOf(tx, release.operationId)) return;
    const { rows } = await sql<{ version: number }>`
      select coalesce(max(version), 0) + 1 as version from releases where app_id = ${release.appId}`.execute(
      tx,
    );
    await tx
      .insertInto('releases')
      .values({
        id: newId(),
        organization_id: release.organizationId,
        app_id: release.appId,
        operation_id: release.operationId,
        build_id: release.buildId,
        repository: release.repository,
        digest: release.digest,
        version: rows[0]!.version,
        processes: JSON.stringify(release.processes),
        phase: release.phase ? JSON.stringify(release.phase) : null,
        config: JSON.stringify(release.config),
        cron: JSON.stringify(release.cron),
        health_path: release.healthPath,
        description: release.description,
        created_by: release.createdBy,
      })
      .execute();
  });
}

export const phaseDone = (db: Db, releaseId: string) =>
  db.updateTable('releases').set({ phase_done_at: sql`now()` }).where('id', '=', releaseId).execute();

export const offer = (db: Db, releaseId: string) =>
  db
    .updateTable('releases')
    .set({ traffic: 'candidate' })
    .where('id', '=', releaseId)
    .where('traffic', '=', 'none')
    .execute();

/** All new traffic goes to this release, and what served before drains: one transaction, nothing in between. */
export async function promote(db: Kysely<Database>, releaseId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const release = await tx
      .selectFrom('releases')
      .select(['app_id', 'version'])
      .where('id', '=', releaseId)
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('releases')
      .set({ traffic: 'draining', status: 'superseded' })
      .where('app_id', '=', release.app_id)
      .where('traffic', '=', 'live')
      .where('id', '!=', releaseId)
      .execute();
    await tx
      .updateTable('releases')
      .set({ traffic: 'live', status: 'live', live_at: sql`now()` })
      .where('id', '=', releaseId)
      .execute();
  });
}

export const retire = (db: Db, releaseId: string) =>
  db
    .updateTable('releases')
    .set({ traffic: 'none', status: 'superseded' })
    .where('id', '=', releaseId)
    .where('traffic', '=', 'draining')
    .execute();

export const abandon = (db: Db, releaseId: string, failure: Refusal | Record<string, unknown>) =>
  db
    .updateTable('releases')
    .set({ traffic: 'none', status: 'failed', failure: JSON.stringify(failure) })
    .where('id', '=', releaseId)
    .where('status', '=', 'pending')
    .execute();

/** The app's name, hosts and releases are let go; builds stay for the record. */
export async function forget(db: Kysely<Database>, appId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('domains').where('app_id', '=', appId).execute();
    await tx.deleteFrom('config_vars').where('app_id', '=', appId).execute();
    await tx.updateTable('releases').set({ traffic: 'none' }).where('app_id', '=', appId).execute();
    await tx
      .updateTable('apps')
      .set({ deleted_at: sql`now()`, name: sql`'deleted-' || left(replace(id::text, '-', ''), 30)` })
      .where('id', '=', appId)
      .execute();
  });
}

export const configOf = (db: Db, appId: string) =>
  db.selectFrom('config_vars').selectAll().where('app_id', '=', appId).orderBy('name').execute();

/** The platform's own names only: a customer's domain may point elsewhere and must not hold a deploy up. */
export const hostsWithoutCertificate = (db: Db, appId: string) =>
  db
    .selectFrom('domains')
    .leftJoin('certificates', 'certificates.host', 'domains.host')
    .select('domains.host')
    .where('domains.app_id', '=', appId)
    .where('domains.kind', '=', 'platform')
    .where('certificates.host', 'is', null)
    .execute();

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

/** Whether something is waiting or running for the app; the drift check keeps out of its way. */
export async function busy(db: Db, target: string): Promise<boolean> {
  const row = await db
    .selectFrom('operations')
    .select('id')
    .where('target', '=', target)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return row !== undefined;
}

/** Live releases that have cron jobs. */
export const cronReleases = (db: Db) =>
  db
    .selectFrom('releases')
    .innerJoin('apps', 'apps.id', 'releases.app_id')
    .select([
      'apps.id as appId',
      'apps.organization_id',
      'apps.project_id',
      'releases.cron',
      'releases.live_at',
    ])
    .where('releases.traffic', '=', 'live')
    .where('apps.maintenance', '=', false)
    .where(sql<boolean>`jsonb_array_length(releases.cron) > 0`)
    .execute();

/** Output of streams that ended is not kept. */
export const dropOldChunks = (db: Db) =>
  sql`delete from stream_chunks c using operations o where o.id = c.operation_id
    and o.status not in ('queued', 'running') and o.finished_at < now() - interval '5 minutes'`.execute(db);

/** Runs `make` for a cron run that is due, unless it was made already. */
export const cronDue = (db: Db, appId: string, job: string, dueAt: Date, operationId: string) =>
  db
    .insertInto('cron_runs')
    .values({ app_id: appId, job, due_at: dueAt, operation_id: operationId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('operation_id')
    .executeTakeFirst();
