import { type Kysely, sql, type Transaction } from 'kysely';
import type { ProjectKey } from '../../../adapters/envelope/port.ts';
import type { Database } from '../../../db/schema.ts';
import type { RootFacts } from '../model.ts';
import { type RootColumn, rootColumns } from '../sealed.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** Root keys that were ever seen, oldest first. */
export async function recordedRoots(db: Db): Promise<RootFacts['recorded']> {
  const rows = await db.selectFrom('root_keys').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    supersededAt: row.superseded_at?.getTime() ?? null,
    compromised: row.compromised_at !== null,
    destroyed: row.destroyed_at !== null,
    operationId: row.operation_id,
  }));
}

/** Since when the root key is the current one. */
export async function rootSince(db: Db, id: string): Promise<number | undefined> {
  const row = await db.selectFrom('root_keys').select('created_at').where('id', '=', id).executeTakeFirst();
  return row?.created_at.getTime();
}

/** Writes down that the root key is there and, as the newest, takes over from the others. */
export async function recordRoot(
  db: Kysely<Database>,
  id: string,
  operationId: string | null,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('root_keys')
      .set({ superseded_at: sql`clock_timestamp()` })
      .where('superseded_at', 'is', null)
      .where('id', '<>', id)
      .execute();
    await tx
      .insertInto('root_keys')
      .values({ id, operation_id: operationId, created_at: sql`clock_timestamp()` })
      .onConflict((c) => c.doNothing())
      .execute();
  });
}

export const markRootCompromised = (db: Db, id: string, reason: string) =>
  db.updateTable('root_keys').set({ compromised_at: sql`now()`, reason }).where('id', '=', id).execute();

export const closeRoot = (db: Db, id: string) =>
  db
    .updateTable('root_keys')
    .set({ destroyed_at: sql`now()` })
    .where('id', '=', id)
    .where('destroyed_at', 'is', null)
    .execute();

/** Texts of a column of the platform's own, that another root key wrapped. */
export async function rootTexts(
  db: Db,
  column: RootColumn,
  rootKeyId: string,
): Promise<{ key: string; text: string }[]> {
  const { rows } = await sql<{ key: string; text: string }>`
    select ${sql.ref(column.key)}::text as key, ${sql.ref(column.column)} as text from ${sql.table(column.table)}
    where ${sql.ref(column.column)} is not null and split_part(${sql.ref(column.column)}, '.', 1) <> ${rootKeyId}`.execute(
    db,
  );
  return rows;
}

/** Replaces a text if it is still the one that was read. */
export const replaceRootText = (
  db: Db,
  column: RootColumn,
  row: { key: string; text: string },
  text: string,
) =>
  sql`update ${sql.table(column.table)} set ${sql.ref(column.column)} = ${text}
    where ${sql.ref(column.key)}::text = ${row.key} and ${sql.ref(column.column)} = ${row.text}`.execute(db);

/** Project keys that another root key wraps. */
export async function keysWrappedByOthers(
  db: Db,
  rootKeyId: string,
  limit: number,
): Promise<{ projectId: string; generation: number; key: ProjectKey }[]> {
  const rows = await db
    .selectFrom('project_keys')
    .selectAll()
    .where('root_key_id', '<>', rootKeyId)
    .where('wrapped', 'is not', null)
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    projectId: row.project_id,
    generation: row.generation,
    key: { recipient: row.recipient, keyId: row.key_id, wrapped: row.wrapped, rootKeyId: row.root_key_id },
  }));
}

/** The key in its new wrap, unless it was destroyed meanwhile. */
export const saveRewrapped = (db: Db, projectId: string, generation: number, key: ProjectKey) =>
  db
    .updateTable('project_keys')
    .set({ wrapped: key.wrapped, root_key_id: key.rootKeyId })
    .where('project_id', '=', projectId)
    .where('generation', '=', generation)
    .where('wrapped', 'is not', null)
    .execute();

/** How much each root key wraps, and whose repositories' keys still follow from it. */
export async function rootUse(db: Db): Promise<ReadonlyMap<string, number>> {
  const use = new Map<string, number>();
  const add = (rows: readonly { id: string; count: number }[]) => {
    for (const { id, count } of rows) use.set(id, (use.get(id) ?? 0) + count);
  };
  const keys = await sql<{ id: string; count: number }>`
    select root_key_id as id, count(*)::int as count from project_keys where wrapped is not null group by 1`.execute(
    db,
  );
  add(keys.rows);
  for (const { table, column } of rootColumns) {
    const texts = await sql<{ id: string; count: number }>`
      select split_part(${sql.ref(column)}, '.', 1) as id, count(*)::int as count from ${sql.table(table)}
      where ${sql.ref(column)} is not null group by 1`.execute(db);
    add(texts.rows);
  }
  return use;
}

/** Root keys that the newest repositories of the platform's own backups follow from: no newer one has a backup yet. */
export async function rootsOfRepositories(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct root_key_id as id from repositories
    where root_key_id is not null and succeeded_at is null and removed_at is null`.execute(db);
  return rows.map(({ id }) => id);
}
