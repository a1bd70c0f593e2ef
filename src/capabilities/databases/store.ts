import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';

export * from './store/attachments.ts';
export * from './store/people.ts';

type Db = Kysely<Database> | Transaction<Database>;

export const findDatabase = (db: Db, id: string) =>
  db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirst();
export type DatabaseRow = NonNullable<Awaited<ReturnType<typeof findDatabase>>>;

export const recipientOf = async (db: Db, projectId: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('projects')
    .select('key_recipient')
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row?.key_recipient ?? undefined;
};

export const credentialsOf = (db: Db, databaseId: string) =>
  db
    .selectFrom('database_credentials')
    .selectAll()
    .where('database_id', '=', databaseId)
    .orderBy('generation')
    .execute();

export const findCredential = (db: Db, databaseId: string, generation: number) =>
  db
    .selectFrom('database_credentials')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('generation', '=', generation)
    .executeTakeFirst();

/** The first one to write it wins: a second run finds its password and uses it. */
export const keepCredential = (
  db: Db,
  row: { databaseId: string; organizationId: string; generation: number; username: string; sealed: string },
) =>
  db
    .insertInto('database_credentials')
    .values({
      database_id: row.databaseId,
      organization_id: row.organizationId,
      generation: row.generation,
      username: row.username,
      sealed: row.sealed,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();

/** New connections use this generation; earlier ones are on their way out. */
export async function useCredential(
  db: Kysely<Database>,
  databaseId: string,
  generation: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('databases')
      .set({ credential: generation })
      .where('id', '=', databaseId)
      .where('credential', '<', generation)
      .execute();
    await tx
      .updateTable('database_credentials')
      .set({ status: 'retiring' })
      .where('database_id', '=', databaseId)
      .where('generation', '<', generation)
      .where('status', '=', 'active')
      .execute();
  });
}

export const dropCredential = (db: Db, databaseId: string, generation: number) =>
  db
    .updateTable('database_credentials')
    .set({ status: 'dropped' })
    .where('database_id', '=', databaseId)
    .where('generation', '=', generation)
    .execute();

export const operationStatus = async (db: Db, id: string): Promise<string | undefined> => {
  const row = await db.selectFrom('operations').select('status').where('id', '=', id).executeTakeFirst();
  return row?.status;
};

export const setStatus = (db: Db, databaseId: string, status: DatabaseRow['status']) =>
  db
    .updateTable('databases')
    .set({ status, ...(status === 'destroyed' ? { destroyed_at: sql<Date>`now()` } : {}) })
    .where('id', '=', databaseId)
    .execute();

export const setNode = (db: Db, databaseId: string, node: string) =>
  db.updateTable('databases').set({ node }).where('id', '=', databaseId).execute();

export const setExtensions = (db: Db, databaseId: string, extensions: readonly string[]) =>
  db
    .updateTable('databases')
    .set({ extensions: JSON.stringify(extensions) })
    .where('id', '=', databaseId)
    .execute();

export const switchTo = (
  db: Db,
  databaseId: string,
  to: { incarnation: number; version: string },
  previous: { incarnation: number; version: string } | null,
) =>
  db
    .updateTable('databases')
    .set({ ...to, previous: previous && JSON.stringify(previous) })
    .where('id', '=', databaseId)
    .execute();

export const noteFacts = (db: Db, databaseId: string, facts: unknown) =>
  db
    .updateTable('databases')
    .set({ facts: JSON.stringify(facts), seen_at: sql<Date>`now()` })
    .where('id', '=', databaseId)
    .execute();

export const noteDisk = (db: Db, databaseId: string, bytes: number) =>
  db
    .updateTable('databases')
    .set({ disk_bytes: bytes, disk_seen_at: sql<Date>`now()` })
    .where('id', '=', databaseId)
    .execute();

export const noteHeld = (db: Db, databaseId: string, held: boolean) =>
  db.updateTable('databases').set({ writes_held: held }).where('id', '=', databaseId).execute();

/** Those that should run: of projects that are not suspended. */
export const wantedDatabases = (db: Db) =>
  db
    .selectFrom('databases as d')
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .selectAll('d')
    .where('d.status', '=', 'ready')
    .where('p.suspended_at', 'is', null)
    .execute();

export const writeChunk = (db: Db, operationId: string, source: string, data: string) =>
  db
    .insertInto('stream_chunks')
    .values({ operation_id: operationId, direction: 'output', source, data: data.replaceAll('\u0000', '') })
    .execute();

/** What was typed after `seq`. */
export const typedSince = (db: Db, operationId: string, seq: number) =>
  db
    .selectFrom('stream_chunks')
    .select(['seq', 'source', 'data'])
    .where('operation_id', '=', operationId)
    .where('direction', '=', 'input')
    .where('seq', '>', seq)
    .orderBy('seq')
    .execute();

export const stepsDone = async (db: Db, operationId: string): Promise<ReadonlySet<string>> => {
  const rows = await db
    .selectFrom('operation_steps')
    .select('key')
    .where('operation_id', '=', operationId)
    .where('status', '=', 'done')
    .execute();
  return new Set(rows.map(({ key }) => key));
};
