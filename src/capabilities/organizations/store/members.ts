import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import type { Role } from '../../access/model.ts';

/** The members of an organization. */
export async function listMembers(db: TenantDb, organizationId: string) {
  return db
    .selectFrom('memberships as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select([
      'a.id',
      'a.name',
      'a.email',
      'm.role',
      sql<boolean>`bastide_has_factor(a.id)`.as('secondFactor'),
    ])
    .where('m.organization_id', '=', organizationId)
    .where('a.disabled_at', 'is', null)
    .orderBy('a.name')
    .execute();
}

/** A member by the name of the account; the row is held, so that two changes of one come one after another. */
export async function findMember(db: TenantDb, organizationId: string, name: string) {
  return db
    .selectFrom('memberships as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select(['a.id', 'a.name', 'm.role'])
    .where('m.organization_id', '=', organizationId)
    .where('a.name', '=', name)
    .forUpdate('m')
    .executeTakeFirst();
}

/** Throws where the last owner would go: isLastOwner. */
export async function setRole(
  db: TenantDb,
  organizationId: string,
  accountId: string,
  role: Role,
): Promise<void> {
  await db
    .updateTable('memberships')
    .set({ role })
    .where('organization_id', '=', organizationId)
    .where('account_id', '=', accountId)
    .execute();
}

/** Throws where the last owner would go: isLastOwner. */
export async function removeMember(db: TenantDb, organizationId: string, accountId: string): Promise<void> {
  await db
    .deleteFrom('memberships')
    .where('organization_id', '=', organizationId)
    .where('account_id', '=', accountId)
    .execute();
}

/** The database's own refusal to leave an organization without an owner. */
export function isLastOwner(error: unknown): boolean {
  const { code, constraint, message } = (error ?? {}) as Record<string, unknown>;
  return code === '23514' && (constraint === 'last_owner' || String(message).includes('no owner'));
}

export interface NewInvitationRow {
  readonly organizationId: string;
  readonly email: string;
  readonly role: Role;
  readonly hash: Uint8Array;
  readonly invitedBy: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Invites an address; an earlier invitation of the same address ends. */
export async function invite(db: TenantDb, wanted: NewInvitationRow): Promise<string> {
  const id = newId();
  await db
    .updateTable('invitations')
    .set({ revoked_at: wanted.now })
    .where('organization_id', '=', wanted.organizationId)
    .where('email', '=', wanted.email)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute();
  await db
    .insertInto('invitations')
    .values({
      id,
      organization_id: wanted.organizationId,
      email: wanted.email,
      role: wanted.role,
      hash: wanted.hash,
      invited_by: wanted.invitedBy,
      created_at: wanted.now,
      expires_at: wanted.expiresAt,
    })
    .execute();
  return id;
}

/** Whether the address belongs to a member already. */
export async function isMemberAddress(db: TenantDb, organizationId: string, email: string): Promise<boolean> {
  const row = await db
    .selectFrom('memberships as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select('a.id')
    .where('m.organization_id', '=', organizationId)
    .where('a.email', '=', email)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Invitations that wait to be accepted. The hash is not among what is read. */
export const listInvitations = (db: TenantDb, organizationId: string, now: Date) =>
  db
    .selectFrom('invitations as i')
    .leftJoin('accounts as a', 'a.id', 'i.invited_by')
    .select(['i.id', 'i.email', 'i.role', 'i.expires_at', 'a.name as invitedBy'])
    .where('i.organization_id', '=', organizationId)
    .where('i.used_at', 'is', null)
    .where('i.revoked_at', 'is', null)
    .where('i.expires_at', '>', now)
    .orderBy('i.created_at', 'desc')
    .execute();

export async function revokeInvitation(
  db: TenantDb,
  organizationId: string,
  id: string,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
