import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import type { Consent } from '../model.ts';

/** What customers, or two operators in an emergency, let an operator do now. By the clocks of the API and of the database. */
export async function consentsOf(db: TenantDb, accountId: string, now: Date): Promise<Consent[]> {
  return db
    .selectFrom('staff_grants')
    .select(['id as grantId', 'project_id as projectId', 'scopes'])
    .where('requested_by', '=', accountId)
    .where('decision', '=', 'approved')
    .where('ended_at', 'is', null)
    .where('until', '>', now)
    .where(sql<boolean>`bastide_grant_lives(id)`)
    .execute();
}
