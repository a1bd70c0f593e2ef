import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../db/schema.ts';

/** Whether an operation on this target waits or runs: who asks unasked keeps out of its way. */
export async function busy(db: Kysely<Database> | Transaction<Database>, target: string): Promise<boolean> {
  const row = await db
    .selectFrom('operations')
    .select('id')
    .where('target', '=', target)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return row !== undefined;
}

/** The targets of all operations that wait or run. */
export async function busyTargets(db: Kysely<Database>): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('operations')
    .select('target')
    .where('status', 'in', ['queued', 'running'])
    .execute();
  return new Set(rows.map(({ target }) => target));
}
