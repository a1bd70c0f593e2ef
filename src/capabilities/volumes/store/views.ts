import type { Kysely } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { TenantDb } from '../../../db/transaction.ts';

type Db = TenantDb | Kysely<Database>;

/** Volumes as people see them, with the apps that have them. */
export async function volumeViews(db: Db, projectId: string, name?: string) {
  const rows = await db
    .selectFrom('volumes as v')
    .innerJoin('projects as p', 'p.id', 'v.project_id')
    .leftJoin('project_storage as s', 's.project_id', 'v.project_id')
    .select(['v.id', 'v.name', 'v.state', 'v.created_at', 'p.name as project', 's.state as storage'])
    .where('v.project_id', '=', projectId)
    .where('v.deleted_at', 'is', null)
    .$if(name !== undefined, (query) => query.where('v.name', '=', name!))
    .orderBy('v.name')
    .execute();
  const mounts = await db
    .selectFrom('volume_mounts as m')
    .innerJoin('apps as a', 'a.id', 'm.app_id')
    .innerJoin('volumes as v', 'v.id', 'm.volume_id')
    .select(['m.volume_id', 'm.path', 'a.name as app'])
    .where('v.project_id', '=', projectId)
    .orderBy('a.name')
    .orderBy('m.path')
    .execute();
  return rows.map((row) => ({
    ...row,
    mounts: mounts.filter((mount) => mount.volume_id === row.id).map(({ app, path }) => ({ app, path })),
  }));
}
export type VolumeRow = Awaited<ReturnType<typeof volumeViews>>[number];

export const storageView = (db: Db, projectId: string) =>
  db
    .selectFrom('projects as p')
    .leftJoin('project_storage as s', 's.project_id', 'p.id')
    .select(['p.name', 'p.suspended_at', 's.size_bytes', 's.used_bytes', 's.state'])
    .where('p.id', '=', projectId)
    .executeTakeFirstOrThrow();

export async function wantSize(
  db: TenantDb,
  wanted: { projectId: string; organizationId: string; sizeBytes: number },
): Promise<void> {
  await db
    .insertInto('project_storage')
    .values({
      project_id: wanted.projectId,
      organization_id: wanted.organizationId,
      size_bytes: wanted.sizeBytes,
    })
    .onConflict((c) => c.column('project_id').doUpdateSet({ size_bytes: wanted.sizeBytes }))
    .execute();
}

/** Asks that the project stands still, or no longer; says whether that is new. */
export async function wantSuspended(db: TenantDb, projectId: string, suspended: boolean): Promise<boolean> {
  const changed = await db
    .updateTable('projects')
    .set({ suspended_at: suspended ? new Date() : null })
    .where('id', '=', projectId)
    .where('suspended_at', suspended ? 'is' : 'is not', null)
    .returning('id')
    .executeTakeFirst();
  return changed !== undefined;
}

/** False where the name is taken. */
export async function addVolume(
  db: TenantDb,
  volume: { id: string; organizationId: string; projectId: string; name: string },
): Promise<boolean> {
  const added = await db
    .insertInto('volumes')
    .values({
      id: volume.id,
      organization_id: volume.organizationId,
      project_id: volume.projectId,
      name: volume.name,
    })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst();
  return added !== undefined;
}

/** Its name is free from here on; the agent removes what is in it. */
export async function dropVolume(db: TenantDb, id: string): Promise<void> {
  await db.updateTable('volumes').set({ deleted_at: new Date() }).where('id', '=', id).execute();
}

export const mountsOf = (db: Db, appId: string) =>
  db
    .selectFrom('volume_mounts as m')
    .innerJoin('volumes as v', 'v.id', 'm.volume_id')
    .select(['m.path', 'm.volume_id', 'v.name'])
    .where('m.app_id', '=', appId)
    .orderBy('m.path')
    .execute();

export async function addMount(
  db: TenantDb,
  mount: { volumeId: string; appId: string; organizationId: string; path: string },
): Promise<void> {
  await db
    .insertInto('volume_mounts')
    .values({
      volume_id: mount.volumeId,
      app_id: mount.appId,
      organization_id: mount.organizationId,
      path: mount.path,
    })
    .execute();
}

/** How many mounts of the volume the app had. */
export async function removeMounts(db: TenantDb, volumeId: string, appId: string): Promise<number> {
  const removed = await db
    .deleteFrom('volume_mounts')
    .where('volume_id', '=', volumeId)
    .where('app_id', '=', appId)
    .returning('path')
    .execute();
  return removed.length;
}

export const hasLiveRelease = async (db: Db, appId: string): Promise<boolean> =>
  (await db
    .selectFrom('releases')
    .select('id')
    .where('app_id', '=', appId)
    .where('traffic', '=', 'live')
    .executeTakeFirst()) !== undefined;
