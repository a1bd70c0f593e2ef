import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { alert } from '../../engine/alert.ts';
import { WAITS } from './model.ts';
import * as store from './store/ending.ts';

/**
 * Ends staff access that is over: what was begun under it is cancelled, and the customer's audit log says so. Nothing
 * passes after the end whether this runs or not; it is what stops a command that still runs.
 */
export const endStaffAccess = (db: Kysely<Database>): Promise<void> => store.endOver(db);

/** A break-glass that no security officer reviewed in a week is told again. */
export async function watchReviews(db: Kysely<Database>): Promise<void> {
  for (const { id, requested_name } of await store.unreviewed(db, WAITS.reviewDays))
    await alert(db, {
      severity: 'critical',
      code: 'break_glass_unreviewed',
      subject: `staff-access:${id}`,
      message: `Nobody has reviewed the break-glass of ${requested_name} for ${WAITS.reviewDays} days`,
      next: `A security officer reviews it: bastide break-glass:review ${id}`,
    });
}
