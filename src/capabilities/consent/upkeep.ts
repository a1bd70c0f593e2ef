import { type Kysely, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { alert } from '../../engine/alert.ts';
import { WAITS } from './model.ts';

/**
 * Ends staff access that is over: what was begun under it is cancelled, and the customer's audit log says so. Nothing
 * passes after the end whether this runs or not; it is what stops a command that still runs.
 */
export async function endStaffAccess(db: Kysely<Database>): Promise<void> {
  await sql`select bastide_end_staff_grants()`.execute(db);
}

/** A break-glass that no security officer reviewed in a week is told louder. */
export async function watchReviews(db: Kysely<Database>): Promise<void> {
  const rows = await db
    .selectFrom('staff_grants')
    .select(['id', 'requested_name'])
    .where('kind', '=', 'break-glass')
    .where('decision', '=', 'approved')
    .where('review', 'is', null)
    .where(sql<boolean>`decided_at < now() - make_interval(days => ${WAITS.reviewDays})`)
    .execute();
  for (const { id, requested_name } of rows)
    await alert(db, {
      severity: 'critical',
      code: 'break_glass_unreviewed',
      subject: `staff-access:${id}`,
      message: `Nobody has reviewed the break-glass of ${requested_name} for ${WAITS.reviewDays} days`,
      next: `A security officer reviews it: bastide break-glass:review ${id}`,
    });
}
