import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import type { StaffRole } from '../model.ts';

/** Everybody on the plane of the platform. */
export async function listStaff(db: TenantDb) {
  const rows = await db
    .selectFrom('memberships as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select(['a.name', 'm.role', 'm.since', sql<boolean>`bastide_has_factor(a.id)`.as('factor')])
    .where('m.organization_id', 'is', null)
    .where('a.disabled_at', 'is', null)
    .orderBy('a.name')
    .execute();
  return rows;
}

/** The account of this name that could be of the staff: it works, and has a second factor. */
export const candidate = (db: TenantDb, name: string) =>
  db
    .selectFrom('accounts')
    .select('id')
    .where('name', '=', name)
    .where('disabled_at', 'is', null)
    .where(sql<boolean>`bastide_has_factor(id)`)
    .executeTakeFirst();

/** Gives the account this role on the plane in place of any other; since now. */
export async function giveRole(db: TenantDb, accountId: string, role: StaffRole): Promise<void> {
  await dropRole(db, accountId);
  await db.insertInto('memberships').values({ account_id: accountId, organization_id: null, role }).execute();
}

export async function dropRole(db: TenantDb, accountId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('memberships')
    .where('account_id', '=', accountId)
    .where('organization_id', 'is', null)
    .where('role', '<>', 'prober')
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export const memberNamed = (db: TenantDb, name: string) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select(['a.id', 'm.role'])
    .where('a.name', '=', name)
    .where('m.organization_id', 'is', null)
    .executeTakeFirst();

/** Whether somebody is an operator for a day at least. */
export async function operatorForADay(db: TenantDb, accountId: string): Promise<boolean> {
  const row = await db
    .selectFrom('memberships')
    .select('role')
    .where('account_id', '=', accountId)
    .where('organization_id', 'is', null)
    .where('role', '=', 'operator')
    .where(sql<boolean>`since <= now() - interval '24 hours'`)
    .executeTakeFirst();
  return row !== undefined;
}

/** What the database says where the platform would have no operator. */
export function isLastOperator(error: unknown): boolean {
  const { code, constraint, message } = error as { code?: string; constraint?: string; message?: string };
  return code === '23514' && (constraint === 'last_operator' || String(message).includes('no operator'));
}

/** Who came to the plane or left it, by name, in the platform's audit log. */
export async function recordStaff(
  db: TenantDb,
  entry: {
    readonly actor: string;
    readonly account: string;
    readonly role: string | null;
    readonly requestId: string;
  },
): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      actor: entry.actor,
      action: entry.role === null ? 'staff.removed' : 'staff.added',
      target: `account:${entry.account}`,
      outcome: 'done',
      request_id: entry.requestId,
      detail: JSON.stringify(entry.role === null ? {} : { role: entry.role }),
    })
    .execute();
}
