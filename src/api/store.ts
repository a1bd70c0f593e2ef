import { sql } from 'kysely';
import type { TenantDb } from '../db/transaction.ts';
import type { Scopes } from './route.ts';

/** Where a name belongs, looked up before it is known whether the actor may see it. Nothing else is read here. */
export async function findOrganization(
  db: TenantDb,
  name: string,
): Promise<Scopes['organization'] | undefined> {
  return db
    .selectFrom('organizations')
    .select(['id as organizationId', 'name'])
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function findProject(db: TenantDb, name: string): Promise<Scopes['project'] | undefined> {
  return db
    .selectFrom('projects')
    .select(['id as projectId', 'organization_id as organizationId', 'name'])
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function findApp(db: TenantDb, name: string): Promise<Scopes['app'] | undefined> {
  return db
    .selectFrom('apps')
    .select(['id as appId', 'project_id as projectId', 'organization_id as organizationId', 'name'])
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

export async function findDatabase(db: TenantDb, name: string): Promise<Scopes['database'] | undefined> {
  return db
    .selectFrom('databases')
    .select(['id as databaseId', 'project_id as projectId', 'organization_id as organizationId', 'name'])
    .where('name', '=', name)
    .where('status', '<>', 'destroyed')
    .executeTakeFirst();
}

export async function findOperation(db: TenantDb, id: string): Promise<Scopes['operation'] | undefined> {
  return db
    .selectFrom('operations')
    .select([
      'id as operationId',
      'organization_id as organizationId',
      'project_id as projectId',
      'app_id as appId',
      'grant_id as grantId',
    ])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** An archive that was taken in for an app; deploys name it. */
export async function recordUpload(
  db: TenantDb,
  upload: { id: string; organizationId: string; appId: string; bytes: number; sha256: string; by: string },
): Promise<void> {
  await db
    .insertInto('uploads')
    .values({
      id: upload.id,
      organization_id: upload.organizationId,
      app_id: upload.appId,
      bytes: upload.bytes,
      sha256: upload.sha256,
      created_by: upload.by,
    })
    .execute();
}

/** Whether a grant of staff access lives now, by the database's clock. */
export async function grantLives(db: TenantDb, grant: string): Promise<boolean> {
  const { rows } = await sql<{ lives: boolean }>`select bastide_grant_lives(${grant}) as lives`.execute(db);
  return rows[0]?.lives === true;
}

/** Bytes of an organization's uploads that came after `since` and wait for their build, and what they may be at most. */
export async function uploadsOf(
  db: TenantDb,
  organizationId: string,
  since: Date,
): Promise<{ kept: number; most: number }> {
  const row = await db
    .selectFrom('uploads')
    .select(({ fn }) => [
      fn.sum('bytes').as('bytes'),
      sql<string>`bastide_quota_most(${organizationId}, 'uploads')`.as('most'),
    ])
    .where('organization_id', '=', organizationId)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return { kept: Number(row.bytes ?? 0), most: Number(row.most) };
}
