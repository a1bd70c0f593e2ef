import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Binding } from '../../../adapters/envelope/port.ts';
import type { Database } from '../../../db/schema.ts';
import { BROKEN, type SealedColumn } from '../sealed.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** A sealed text, where it is, and what it is bound to. */
export interface SealedValue {
  readonly binding: Binding;
  readonly sealed: string;
}

/** One row that holds sealed texts: one text, or a map of them. */
export interface SealedRow {
  readonly key: Readonly<Record<string, unknown>>;
  /** The column as it was read: what must still be there when it is replaced. */
  readonly before: unknown;
  readonly values: readonly SealedValue[];
}

const ofProject = (column: SealedColumn, projectId: string): RawBuilder<unknown> =>
  'column' in column.project
    ? sql`t.${sql.ref(column.project.column)} = ${projectId}`
    : sql`t.${sql.ref(column.project.by)} in (select id from ${sql.table(column.project.through)} where project_id = ${projectId})`;

/** All texts of the column, one a row, as `sealed`. */
const texts = (column: SealedColumn): RawBuilder<unknown> =>
  column.form === 'text'
    ? sql`${sql.table(column.table)} t cross join lateral (select t.${sql.ref(column.column)} as sealed) v`
    : sql`${sql.table(column.table)} t cross join lateral
        (select e.value ->> 'sealed' as sealed from jsonb_each(t.${sql.ref(column.column)}) e) v`;

/** How many texts of the project are sealed to which key; those from before keys had names are under the empty one. */
export async function sealedTo(
  db: Db,
  column: SealedColumn,
  projectId: string,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ key_id: string; count: number }>`
    select case when strpos(v.sealed, '.') > 0 then split_part(v.sealed, '.', 1) else '' end as key_id, count(*)::int as count
    from ${texts(column)} where ${ofProject(column, projectId)} and v.sealed is not null group by 1`.execute(
    db,
  );
  return new Map(rows.map((row) => [row.key_id, row.count]));
}

const nameOf = (column: SealedColumn, row: Record<string, unknown>): string => {
  const { name } = column;
  if (!name) throw new Error(`${column.table}.${column.column} does not say its names`);
  return 'is' in name ? name.is : `${name.prefix ?? ''}${String(row[name.column])}`;
};

function valuesOf(column: SealedColumn, row: Record<string, unknown>, before: unknown): SealedValue[] {
  const owner = String(row[column.owner]);
  if (column.form === 'text')
    return [{ binding: { owner, name: nameOf(column, row) }, sealed: String(before) }];
  const map = before as Record<string, { sealed: string }>;
  return Object.entries(map).map(([name, { sealed }]) => ({ binding: { owner, name }, sealed }));
}

/** Rows of the project with a text that is not sealed to `keyId`; those that nothing opens are left out. */
export async function staleRows(
  db: Db,
  column: SealedColumn,
  projectId: string,
  keyId: string,
  limit: number,
): Promise<SealedRow[]> {
  const stale =
    column.form === 'text'
      ? sql`split_part(t.${sql.ref(column.column)}, '.', 1) not in (${keyId}, ${BROKEN})`
      : sql`exists (select from jsonb_each(t.${sql.ref(column.column)}) e
          where split_part(e.value ->> 'sealed', '.', 1) not in (${keyId}, ${BROKEN}))`;
  const found = await sql<Record<string, unknown>>`
    select t.* from ${sql.table(column.table)} t where ${ofProject(column, projectId)} and ${stale} limit ${limit}`.execute(
    db,
  );
  return found.rows.map((row) => {
    const before = row[column.column];
    return {
      key: Object.fromEntries(column.key.map((name) => [name, row[name]])),
      before,
      values: valuesOf(column, row, before),
    };
  });
}

/**
 * Puts the new texts in a row's place, by the name of their binding, if nobody changed the row meanwhile: a value that
 * was set anew is sealed to the new key already. Answers whether it was replaced.
 */
export async function replaceSealed(
  db: Db,
  column: SealedColumn,
  row: SealedRow,
  texts: ReadonlyMap<string, string>,
): Promise<boolean> {
  const where = sql.join(
    Object.entries(row.key).map(([name, value]) => sql`${sql.ref(name)} = ${value}`),
    sql` and `,
  );
  const set = sql.ref(column.column);
  const before =
    column.form === 'text' ? sql`${String(row.before)}` : sql`${JSON.stringify(row.before)}::jsonb`;
  const after =
    column.form === 'text'
      ? sql`${[...texts.values()][0]!}`
      : sql`${JSON.stringify(withTexts(row.before as SealedMap, texts))}::jsonb`;
  const { numAffectedRows } = await sql`
    update ${sql.table(column.table)} set ${set} = ${after} where ${where} and ${set} = ${before}`.execute(
    db,
  );
  return Number(numAffectedRows ?? 0n) > 0;
}

type SealedMap = Readonly<Record<string, { readonly sealed: string }>>;
const withTexts = (map: SealedMap, texts: ReadonlyMap<string, string>): SealedMap =>
  Object.fromEntries(
    Object.entries(map).map(([name, value]) => [name, { ...value, sealed: texts.get(name) ?? value.sealed }]),
  );
