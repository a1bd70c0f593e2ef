import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { StoreFacts } from '../facts.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findStore = (db: Db, id: string) =>
  db.selectFrom('object_stores').selectAll().where('id', '=', id).executeTakeFirst();
export type StoreRow = NonNullable<Awaited<ReturnType<typeof findStore>>>;

export const findCredential = (db: Db, storeId: string, generation: number) =>
  db
    .selectFrom('object_credentials')
    .selectAll()
    .where('store_id', '=', storeId)
    .where('generation', '=', generation)
    .executeTakeFirst();

/** The provider took it: it is the one in use, and those before it are gone. */
export async function useCredential(
  db: Kysely<Database>,
  storeId: string,
  generation: number,
  access: 'list' | 'limited',
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('object_stores')
      .set({ credential: generation, access, checked_at: sql<Date>`now()` })
      .where('id', '=', storeId)
      .where('credential', '<', generation)
      .execute();
    await tx
      .deleteFrom('object_credentials')
      .where('store_id', '=', storeId)
      .where('generation', '<', generation)
      .execute();
  });
}

/** One that is not in use. */
export async function dropCredential(db: Db, storeId: string, generation: number): Promise<void> {
  await db
    .deleteFrom('object_credentials')
    .where('store_id', '=', storeId)
    .where('generation', '=', generation)
    .where('generation', '>', sql<number>`(select credential from object_stores where id = ${storeId})`)
    .execute();
}

export async function forgetStore(db: Db, storeId: string): Promise<void> {
  await db.deleteFrom('object_stores').where('id', '=', storeId).execute();
}

/** What is true about one object store: its rows are all there is of it here. */
export async function observeStore(db: Db, storeId: string): Promise<StoreFacts> {
  const row = await findStore(db, storeId);
  const credentials = await db
    .selectFrom('object_credentials')
    .select('generation')
    .where('store_id', '=', storeId)
    .orderBy('generation')
    .execute();
  const attachments = await db
    .selectFrom('object_attachments as t')
    .innerJoin('apps as a', 'a.id', 't.app_id')
    .leftJoin('operations as o', 'o.id', 't.release_operation')
    .select([
      't.id',
      't.detaching',
      't.credential',
      'a.name as app',
      'o.id as releaseId',
      'o.status as releaseStatus',
      sql<boolean>`exists (select from releases r where r.app_id = a.id and r.traffic = 'live')`.as('live'),
    ])
    .where('t.store_id', '=', storeId)
    .where('a.deleted_at', 'is', null)
    .orderBy('t.created_at')
    .execute();
  return {
    store: row && { name: row.name, credential: row.credential },
    credentials: credentials.map(({ generation }) => generation),
    attachments: attachments.map(({ releaseId, releaseStatus, ...one }) => ({
      ...one,
      release: releaseId && releaseStatus ? { id: releaseId, status: releaseStatus } : null,
    })),
  };
}
