import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';

/** Views of one row, of numbers alone: 0078_facts.sql. */
export type FactView = 'credential_facts' | 'ssh_facts';

/** The numbers of a view, judged by the prober. */
export async function countsOf(db: Kysely<Database>, view: FactView): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(view)}`.execute(db);
  return Object.fromEntries(Object.entries(rows[0]!).map(([name, count]) => [name, Number(count)]));
}
