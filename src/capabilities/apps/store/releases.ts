import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { sealingRecipient } from '../../../db/sealing.ts';
import { newId } from '../../../kernel/id.ts';
import type { Process } from '../model.ts';

type Db = Kysely<Database> | Transaction<Database>;

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

/** Of one app, or of all. */
export const servingReleases = (db: Db, appId?: string) =>
  db
    .selectFrom('releases')
    .selectAll()
    .$if(appId !== undefined, (query) => query.where('app_id', '=', appId!))
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
  readonly projectId: string;
  readonly appId: string;
  readonly operationId: string;
  readonly buildId: string;
  readonly repository: string;
  readonly digest: string;
  readonly processes: Readonly<Record<string, Process>>;
  readonly phase: readonly string[] | null;
  /** Read in the transaction that makes the release: the values are sealed to the key of then. */
  readonly config: (tx: Db) => Promise<Readonly<Record<string, { sealed: string; secret: boolean }>>>;
  readonly cron: readonly unknown[];
  readonly healthPath: string;
  /** null: as long as releases get unless told. */
  readonly healthSeconds: number | null;
  /** What restored copies of its databases must answer. */
  readonly smoke: Readonly<Record<string, string>>;
  readonly description: string;
  readonly createdBy: string;
}

/** The next version of the app. One operation makes one release, also when it is run twice. */
export async function insertRelease(db: Kysely<Database>, release: NewRelease): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${release.appId}, 1))`.execute(tx);
    if (await releaseOf(tx, release.operationId)) return;
    await sealingRecipient(tx, release.projectId);
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
        config: JSON.stringify(await release.config(tx)),
        cron: JSON.stringify(release.cron),
        health_path: release.healthPath,
        health_seconds: release.healthSeconds,
        smoke: JSON.stringify(release.smoke),
        description: release.description,
        created_by: release.createdBy,
      })
      .execute();
  });
}

export async function hasLive(db: Db, appId: string): Promise<boolean> {
  const row = await db
    .selectFrom('releases')
    .select('id')
    .where('app_id', '=', appId)
    .where('traffic', '=', 'live')
    .executeTakeFirst();
  return row !== undefined;
}
