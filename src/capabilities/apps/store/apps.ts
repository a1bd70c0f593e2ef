import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { newId } from '../../../kernel/id.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findApp = (db: Db, appId: string) =>
  db.selectFrom('apps').selectAll().where('id', '=', appId).executeTakeFirst();

/** Whether the project stands still. */
export async function isSuspended(db: Db, projectId: string): Promise<boolean> {
  const row = await db
    .selectFrom('projects')
    .select('suspended_at')
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row?.suspended_at != null;
}

/** Volumes of the project that the app's processes see, and where. */
export const mountsOf = (db: Db, appId: string) =>
  db
    .selectFrom('volume_mounts as m')
    .innerJoin('volumes as v', 'v.id', 'm.volume_id')
    .select(['v.id as volumeId', 'v.project_id as projectId', 'm.path'])
    .where('m.app_id', '=', appId)
    .where('v.deleted_at', 'is', null)
    .orderBy('m.path')
    .execute();

/** Apps that are there, and whether their project stands still. */
export const appsToWatch = (db: Db) =>
  db
    .selectFrom('apps')
    .innerJoin('projects', 'projects.id', 'apps.project_id')
    .selectAll('apps')
    .select('projects.suspended_at')
    .where('apps.deleted_at', 'is', null)
    .execute();

export const liveApps = (db: Db) =>
  db
    .selectFrom('apps')
    .select(['id', 'organization_id', 'project_id', 'name'])
    .where('deleted_at', 'is', null)
    .execute();

/** Projects whose data comes back from the vault just now. */
export async function comingBack(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('operations')
    .select('project_id')
    .where('kind', '=', 'backups.recover')
    .where('status', 'in', ['queued', 'running'])
    .where('project_id', 'is not', null)
    .execute();
  return new Set(rows.map(({ project_id }) => project_id!));
}

/** The app's name, hosts and releases are let go; builds stay for the record. */
export async function forget(db: Kysely<Database>, appId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('domains').where('app_id', '=', appId).execute();
    await tx.deleteFrom('name_claims').where('app_id', '=', appId).execute();
    await tx.deleteFrom('config_vars').where('app_id', '=', appId).execute();
    await tx.deleteFrom('volume_mounts').where('app_id', '=', appId).execute();
    await tx.updateTable('releases').set({ traffic: 'none' }).where('app_id', '=', appId).execute();
    await tx
      .updateTable('apps')
      .set({
        deleted_at: sql`now()`,
        name: sql`'deleted-' || left(replace(id::text, '-', ''), 30)`,
      })
      .where('id', '=', appId)
      .execute();
  });
}

/** Apps as people see them: names instead of ids, the platform's own host, the version that serves. */
export const appViews = (db: Db, appId?: string) =>
  db
    .selectFrom('apps')
    .innerJoin('projects', 'projects.id', 'apps.project_id')
    .innerJoin('organizations', 'organizations.id', 'apps.organization_id')
    .leftJoin('domains', (join) =>
      join.onRef('domains.app_id', '=', 'apps.id').on('domains.kind', '=', 'platform'),
    )
    .leftJoin('releases', (join) =>
      join.onRef('releases.app_id', '=', 'apps.id').on('releases.traffic', '=', 'live'),
    )
    .select([
      'apps.name',
      'projects.name as project',
      'organizations.name as organization',
      'domains.host',
      'apps.formation',
      'apps.maintenance',
      'apps.health_path',
      'releases.version as release',
      'apps.created_at',
    ])
    .where('apps.deleted_at', 'is', null)
    .$if(appId !== undefined, (query) => query.where('apps.id', '=', appId!))
    .orderBy('apps.name')
    .execute();

export type AppRow = Awaited<ReturnType<typeof appViews>>[number];

export const findProject = (db: Db, projectId: string) =>
  db.selectFrom('projects').selectAll().where('id', '=', projectId).executeTakeFirst();

/** Until when a name under the platform's domain is kept for another organization that had it; undefined: it is not. */
export async function hostHeld(db: Db, host: string, organizationId: string): Promise<Date | undefined> {
  const { rows } = await sql<{ until: Date | null }>`
    select bastide_name_held(${host}, ${organizationId}) as until`.execute(db);
  return rows[0]?.until ?? undefined;
}

/** The app and its host under the platform's domain. */
export async function insertApp(
  db: Db,
  app: { id: string; organizationId: string; projectId: string; name: string; host: string },
): Promise<void> {
  await db
    .insertInto('apps')
    .values({ id: app.id, organization_id: app.organizationId, project_id: app.projectId, name: app.name })
    .execute();
  await db
    .insertInto('domains')
    .values({
      id: newId(),
      organization_id: app.organizationId,
      app_id: app.id,
      host: app.host,
      kind: 'platform',
    })
    .execute();
}

export async function updateApp(
  db: Db,
  appId: string,
  change: {
    healthPath?: string | undefined;
    bodyLimit?: number | undefined;
    maintenance?: boolean;
    formation?: Record<string, number>;
  },
): Promise<void> {
  const set = {
    ...(change.healthPath === undefined ? {} : { health_path: change.healthPath }),
    ...(change.bodyLimit === undefined ? {} : { body_limit: change.bodyLimit }),
    ...(change.maintenance === undefined ? {} : { maintenance: change.maintenance }),
    ...(change.formation === undefined ? {} : { formation: JSON.stringify(change.formation) }),
  };
  if (Object.keys(set).length > 0) await db.updateTable('apps').set(set).where('id', '=', appId).execute();
}

/** The platform's own names only: a customer's domain may point elsewhere and must not hold a deploy up. */
export const hostsWithoutCertificate = (db: Db, appId?: string) =>
  db
    .selectFrom('domains')
    .leftJoin('certificates', 'certificates.host', 'domains.host')
    .select(['domains.host', 'domains.app_id'])
    .$if(appId !== undefined, (query) => query.where('domains.app_id', '=', appId!))
    .where('domains.kind', '=', 'platform')
    .where('certificates.host', 'is', null)
    .execute();

/** Who asks for what the drift check found. */
export const DRIFT = 'system:drift';

/**
 * Where the drift check keeps out of the way: something is waiting or running for the app, or its own last attempt
 * has failed a short while ago and would only fill the log again.
 */
export async function busyTargets(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('operations')
    .select('target')
    .where((eb) =>
      eb.or([
        eb('status', 'in', ['queued', 'running']),
        eb.and([
          eb('requested_by', '=', DRIFT),
          eb('status', '=', 'failed'),
          eb('finished_at', '>', sql<Date>`now() - interval '5 minutes'`),
        ]),
      ]),
    )
    .execute();
  return new Set(rows.map((row) => row.target));
}

/** Gives the app's backend at the edge to whoever comes next; not before the edge has let go of it. */
export const freeSlot = (db: Db, appId: string) =>
  db
    .updateTable('apps')
    .set({ slot: null })
    .where('id', '=', appId)
    .where('deleted_at', 'is not', null)
    .execute();
