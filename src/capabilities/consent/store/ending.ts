import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';

/** Ends what is over; the database cancels what was begun under it and tells the customer. */
export async function endOver(db: Kysely<Database>): Promise<void> {
  await sql`select bastide_end_staff_grants()`.execute(db);
}

/** Break-glasses that were opened that many days ago and that nobody has reviewed. */
export const unreviewed = (db: Kysely<Database>, days: number) =>
  db
    .selectFrom('staff_grants')
    .select(['id', 'requested_name'])
    .where('kind', '=', 'break-glass')
    .where('decision', '=', 'approved')
    .where('review', 'is', null)
    .where(sql<boolean>`decided_at < now() - make_interval(days => ${days})`)
    .execute();
