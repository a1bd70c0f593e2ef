import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import { newId } from '../../../kernel/id.ts';
import type { Verdict } from '../faults.ts';

type Db = Kysely<Database>;

/** Makes the key known by which the log is signed from now on. */
export const noteKey = async (db: Db, key: string): Promise<void> =>
  void (await db
    .insertInto('audit_keys')
    .values({ key })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute());

export interface Outlet {
  readonly position: number;
  readonly failingSince: Date | null;
}

/** How far somebody has got; from the beginning where it is new. */
export async function outlet(db: Db, name: string, kind: 'witness' | 'syslog'): Promise<Outlet> {
  await db
    .insertInto('audit_outlets')
    .values({ name, kind })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await db
    .selectFrom('audit_outlets')
    .select(['position', 'failing_since'])
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return { position: Number(row.position), failingSince: row.failing_since };
}

export const reached = async (db: Db, name: string, position: number): Promise<void> =>
  void (await db
    .updateTable('audit_outlets')
    .set({ position, reached_at: sql<Date>`now()`, failing_since: null, failure: null })
    .where('name', '=', name)
    .execute());

export const failing = async (db: Db, name: string, failure: string, now: Date): Promise<void> =>
  void (await db
    .updateTable('audit_outlets')
    .set({
      failing_since: sql<Date>`coalesce(failing_since, ${now.toISOString()}::timestamptz)`,
      failure: failure.slice(0, 500),
    })
    .where('name', '=', name)
    .execute());

/** Those that are not wanted any more. */
export const dropOutlets = async (
  db: Db,
  kind: 'witness' | 'syslog',
  kept: readonly string[],
): Promise<readonly string[]> =>
  (
    await db
      .deleteFrom('audit_outlets')
      .where('kind', '=', kind)
      .where(({ eb, not }) => not(eb('name', '=', sql<string>`any(${kept as string[]}::text[])`)))
      .returning('name')
      .execute()
  ).map(({ name }) => name);

export const keepVerdict = async (db: Db, operationId: string | null, verdict: Verdict): Promise<void> =>
  void (await db
    .insertInto('audit_checks')
    .values({ id: newId(), operation_id: operationId, verdict: JSON.stringify(verdict) })
    .execute());

export async function verdictFor(db: Db, operationId: string): Promise<Verdict | undefined> {
  const row = await db
    .selectFrom('audit_checks')
    .select('verdict')
    .where('operation_id', '=', operationId)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.verdict as Verdict | undefined;
}

/** Entries of an account, or about it, whose personal fields are still there; and those that are not sealed yet. */
export async function personalOf(db: Db, account: string): Promise<{ sealed: number; unsealed: number }> {
  const { rows } = await sql<{ sealed: number; unsealed: number }>`
    select count(l.seq) as sealed, count(*) - count(l.seq) as unsealed
    from audit_log a left join audit_leaves l on l.seq = a.seq
    where (a.actor = ${account} or a.target = ${`account:${account}`}) and a.erased_by is null`.execute(db);
  return { sealed: Number(rows[0]?.sealed ?? 0), unsealed: Number(rows[0]?.unsealed ?? 0) };
}

/** Erases what is personal in the sealed entries of an account; the number of entries. */
export async function erase(db: Db, account: string, askedBy: string, operationId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select audit_erase(${account}, ${askedBy}, ${operationId}::uuid) as n`.execute(db);
  return Number(rows[0]?.n ?? 0);
}
