import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import type { Db } from './leaves.ts';

/** What the policy has said so far, each over more entries than the next; the newest covers all before it. */
export const statements = async (db: Db, limit = 1000): Promise<string[]> =>
  (
    await db
      .selectFrom('audit_retirements')
      .select('statement')
      .orderBy('through', 'desc')
      .limit(limit)
      .execute()
  ).map(({ statement }) => statement);

export interface Policy {
  readonly days: number;
  readonly setBy: string;
  readonly setAt: Date;
}

export async function policy(db: Db): Promise<Policy | undefined> {
  const row = await db.selectFrom('audit_retention').selectAll().executeTakeFirst();
  return row && { days: row.days, setBy: row.set_by, setAt: row.set_at };
}

export const setPolicy = async (db: TenantDb, days: number, by: string): Promise<void> =>
  void (await db
    .insertInto('audit_retention')
    .values({ days, set_by: by })
    .onConflict((conflict) =>
      conflict.column('one').doUpdateSet({ days, set_by: by, set_at: sql<Date>`now()` }),
    )
    .execute());

export const dropPolicy = async (db: TenantDb): Promise<void> =>
  void (await db.deleteFrom('audit_retention').execute());

/** What the policy has removed so far. */
export async function retired(db: Db): Promise<{ through: number; entries: number; at: Date | null }> {
  const { rows } = await sql<{ through: number; entries: number; at: Date | null }>`
    select coalesce(max(through), 0) as through, coalesce(sum(entries), 0) as entries, max(made_at) as at
    from audit_retirements`.execute(db);
  const [row] = rows;
  return { through: Number(row?.through ?? 0), entries: Number(row?.entries ?? 0), at: row?.at ?? null };
}

export interface Due {
  /** So many leading entries of the log are old enough. */
  readonly through: number;
  /** How many of them are still there. */
  readonly entries: number;
  /** A server that has not got all of them yet; they wait for it. */
  readonly heldBy: string | null;
}

/**
 * What of the log was sealed before `cutoff`, at most `limit` places more than are retired already. What a syslog server
 * has not got stays until it has.
 */
export async function due(db: Db, cutoff: Date, limit: number): Promise<Due> {
  const from = (await retired(db)).through;
  const { rows } = await sql<{ old: number | null; slowest: number | null; name: string | null }>`
    select (select max(index) + 1 from audit_leaves where index < ${from + limit} and index < coalesce(
        (select min(index) from audit_leaves where index >= ${from} and made_at >= ${cutoff.toISOString()}::timestamptz),
        ${from + limit})) as old,
      (select min(coalesce(o.position, 0)) from audit_forwards f
        left join audit_outlets o on o.name = 'syslog:' || f.name) as slowest,
      (select f.name from audit_forwards f left join audit_outlets o on o.name = 'syslog:' || f.name
        order by coalesce(o.position, 0) limit 1) as name`.execute(db);
  const old = Math.max(from, Number(rows[0]?.old ?? 0));
  const slowest = rows[0]?.slowest === null ? old : Number(rows[0]?.slowest ?? old);
  const through = Math.max(from, Math.min(old, slowest));
  return {
    through,
    entries: through - from,
    heldBy: slowest < old ? (rows[0]?.name ?? null) : null,
  };
}

/** Removes them, and says so in the log; the number of entries. */
export async function retire(db: Db, through: number, cutoff: Date, statement: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select audit_retire(${through}::bigint, ${cutoff.toISOString()}::timestamptz, ${statement}) as n`.execute(
    db,
  );
  return Number(rows[0]?.n ?? 0);
}
