import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import type { Erasure, Inventory } from './model.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findErasure = (db: Db, id: string) =>
  db.selectFrom('erasures').selectAll().where('id', '=', id).executeTakeFirst();

/** What the project is made of that can be seen in its rows. */
export async function appsOf(db: Db, projectId: string) {
  const rows = await db
    .selectFrom('apps')
    .select(['id', 'deleted_at', 'slot'])
    .where('project_id', '=', projectId)
    .execute();
  return rows.map((row) => ({ id: row.id, deleted: row.deleted_at !== null, hasSlot: row.slot !== null }));
}

export async function projectExists(db: Db, projectId: string): Promise<boolean> {
  const row = await db.selectFrom('projects').select('id').where('id', '=', projectId).executeTakeFirst();
  return row !== undefined;
}

export async function keyAlive(db: Db, projectId: string): Promise<boolean> {
  const row = await db
    .selectFrom('project_keys')
    .select('generation')
    .where('project_id', '=', projectId)
    .where('wrapped', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Numbers and ids of what there is. */
export async function takeStock(db: Db, projectId: string): Promise<Inventory> {
  const { rows } = await sql<{ stock: Inventory }>`
    with a as (select id from apps where project_id = ${projectId})
    select json_build_object(
      'apps', (select coalesce(json_agg(id order by id), '[]') from a),
      'databases', (select coalesce(json_agg(id order by id), '[]') from databases where project_id = ${projectId}),
      'volumes', (select coalesce(json_agg(id order by id), '[]') from volumes where project_id = ${projectId}),
      'builds', (select coalesce(json_agg(id order by id), '[]') from builds where app_id in (select id from a)),
      'uploads', (select coalesce(json_agg(id order by id), '[]') from uploads where app_id in (select id from a)),
      'exports', (select coalesce(json_agg(id order by id), '[]') from (select id from exports where project_id = ${projectId}
        union all select id from backup_downloads where project_id = ${projectId}) e),
      'releases', (select count(*) from releases where app_id in (select id from a)),
      'configVars', (select count(*) from config_vars where app_id in (select id from a)),
      'backups', (select count(*) from backups where project_id = ${projectId}),
      'keys', (select coalesce(json_agg(key_id order by generation), '[]') from project_keys where project_id = ${projectId}),
      'repositories', (select coalesce(json_agg(json_build_object('name', r.name, 'vault', v.name) order by r.name), '[]')
        from repositories r join vaults v on v.id = r.vault_id where r.project_id = ${projectId}),
      'images', (select coalesce(json_agg(r order by r), '[]') from (
        select distinct repository as r from builds where app_id in (select id from a) and repository is not null
        union select 'apps/' || id from a) i)
    ) as stock`.execute(db);
  return rows[0]!.stock;
}

/** Keeps the first stock that was taken; then nothing of the project starts again. */
export async function begin(db: Kysely<Database>, erasureId: string, stock: Inventory): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select bastide_erasure_begins(${erasureId})`.execute(tx);
    await tx
      .updateTable('erasures')
      .set({ inventory: JSON.stringify(stock) })
      .where('id', '=', erasureId)
      .where('inventory', 'is', null)
      .execute();
  });
}

export const eraseRows = (db: Db, erasureId: string) =>
  sql`select bastide_erase_rows(${erasureId})`.execute(db);

export const close = (
  tx: Transaction<Database>,
  erasureId: string,
  signed: { certificate: string; signature: string; publicKey: string },
) =>
  tx
    .updateTable('erasures')
    .set({
      status: 'done',
      finished_at: sql`now()`,
      certificate: signed.certificate,
      signature: signed.signature,
      public_key: signed.publicKey,
    })
    .where('id', '=', erasureId)
    .where('status', '=', 'erasing')
    .execute();

/** Erasures whose grace period is over, and those that began and did not end. */
export const dueErasures = (db: Db, now: Date) =>
  db
    .selectFrom('erasures')
    .select(['id', 'organization_id', 'project_id', 'requested_by'])
    .where((eb) =>
      eb.or([
        eb.and([eb('status', '=', 'waiting'), eb('erase_after', '<=', now)]),
        eb('status', '=', 'erasing'),
      ]),
    )
    .execute();

/** Asks for an erasure. Throws a duplicate (23505) where one is open. */
export async function ask(
  db: TenantDb,
  wish: {
    organizationId: string;
    projectId: string;
    projectName: string;
    requestedBy: string;
    reason: string | null;
    eraseAfter: Date;
  },
): Promise<string> {
  const id = newId();
  await db
    .insertInto('erasures')
    .values({
      id,
      organization_id: wish.organizationId,
      project_id: wish.projectId,
      project_name: wish.projectName,
      requested_by: wish.requestedBy,
      reason: wish.reason,
      erase_after: wish.eraseAfter,
    })
    .execute();
  return id;
}

export async function cancel(db: TenantDb, projectId: string, by: string, now: Date): Promise<boolean> {
  const rows = await db
    .updateTable('erasures')
    .set({ status: 'cancelled', cancelled_at: now, cancelled_by: by })
    .where('project_id', '=', projectId)
    .where('status', '=', 'waiting')
    .returning('id')
    .execute();
  return rows.length > 0;
}

/** Erasures that the tenant may see, newest first. */
export async function erasures(db: TenantDb, id?: string): Promise<Erasure[]> {
  const rows = await db
    .selectFrom('erasures')
    .selectAll()
    .$if(id !== undefined, (query) => query.where('id', '=', id!))
    .orderBy('requested_at', 'desc')
    .limit(200)
    .execute();
  return rows.map((row) => ({
    project: row.project_name,
    status: row.status,
    requestedBy: row.requested_by,
    reason: row.reason,
    requestedAt: row.requested_at.toISOString(),
    eraseAfter: row.erase_after.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    certificate: row.certificate,
    signature: row.signature,
    publicKey: row.public_key,
  }));
}
