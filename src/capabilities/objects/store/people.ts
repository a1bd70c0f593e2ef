import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { TenantDb } from '../../../db/transaction.ts';

type Db = TenantDb | Kysely<Database>;

/** Object stores of a project as people see them; rows of their own organizations only. */
export const storeViews = (db: Db, projectId: string, name?: string) =>
  db
    .selectFrom('object_stores as s')
    .innerJoin('projects as p', 'p.id', 's.project_id')
    .leftJoin('object_credentials as c', (join) =>
      join.onRef('c.store_id', '=', 's.id').onRef('c.generation', '=', 's.credential'),
    )
    .select([
      's.id',
      's.name',
      's.endpoint',
      's.region',
      's.bucket',
      's.credential',
      's.access',
      's.checked_at',
      's.created_at',
      'c.access_key_id',
      'p.name as project',
      sql<
        string[]
      >`coalesce((select json_agg(a.name order by a.name) from object_attachments t join apps a on a.id = t.app_id
        where t.store_id = s.id and a.deleted_at is null), '[]')`.as('apps'),
    ])
    .where('s.project_id', '=', projectId)
    .$if(name !== undefined, (query) => query.where('s.name', '=', name!))
    .orderBy('s.name')
    .execute();
export type StoreView = Awaited<ReturnType<typeof storeViews>>[number];

/** False where the name is taken. */
export async function insertStore(
  db: TenantDb,
  store: {
    id: string;
    organizationId: string;
    projectId: string;
    name: string;
    endpoint: string;
    region: string;
    bucket: string;
  },
): Promise<boolean> {
  const { organizationId, projectId, ...rest } = store;
  const added = await db
    .insertInto('object_stores')
    .values({ ...rest, organization_id: organizationId, project_id: projectId })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst();
  return added !== undefined;
}

/** The generation that a new credential gets. */
export async function nextGeneration(db: TenantDb, storeId: string): Promise<number> {
  const row = await db
    .selectFrom('object_stores as s')
    .select(
      sql<number>`greatest(s.credential, coalesce((select max(c.generation) from object_credentials c where c.store_id = s.id), 0)) + 1`.as(
        'next',
      ),
    )
    .where('s.id', '=', storeId)
    .executeTakeFirstOrThrow();
  return row.next;
}

/** False where somebody else brought one in the same moment. */
export async function insertCredential(
  db: TenantDb,
  row: { storeId: string; organizationId: string; generation: number; accessKeyId: string; sealed: string },
): Promise<boolean> {
  const added = await db
    .insertInto('object_credentials')
    .values({
      store_id: row.storeId,
      organization_id: row.organizationId,
      generation: row.generation,
      access_key_id: row.accessKeyId,
      sealed: row.sealed,
    })
    .onConflict((c) => c.doNothing())
    .returning('generation')
    .executeTakeFirst();
  return added !== undefined;
}

/** What the app is attached to already. */
export const attachmentsOfApp = (db: TenantDb, appId: string) =>
  db
    .selectFrom('object_attachments as t')
    .innerJoin('object_stores as s', 's.id', 't.store_id')
    .select(['t.id', 't.store_id', 't.main', 's.name'])
    .where('t.app_id', '=', appId)
    .execute();

export async function configNames(db: TenantDb, appId: string): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('config_vars').select('name').where('app_id', '=', appId).execute();
  return new Set(rows.map(({ name }) => name));
}

export async function insertAttachment(
  db: TenantDb,
  row: { id: string; organizationId: string; storeId: string; appId: string; main: boolean },
): Promise<void> {
  await db
    .insertInto('object_attachments')
    .values({
      id: row.id,
      organization_id: row.organizationId,
      store_id: row.storeId,
      app_id: row.appId,
      main: row.main,
    })
    .execute();
}

export async function startDetaching(db: TenantDb, id: string): Promise<void> {
  await db.updateTable('object_attachments').set({ detaching: true }).where('id', '=', id).execute();
}
