import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import { endSessions } from './sessions.ts';

/** The account of an address that still works, with what is kept of its password. */
export const findByEmail = (db: TenantDb, email: string) =>
  db
    .selectFrom('accounts as a')
    .leftJoin('account_passwords as p', 'p.account_id', 'a.id')
    .select(['a.id', 'a.name', 'p.hash'])
    .where('a.email', '=', email)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst();

export const findPerson = (db: TenantDb, accountId: string) =>
  db
    .selectFrom('accounts as a')
    .leftJoin('account_passwords as p', 'p.account_id', 'a.id')
    .select(['a.id', 'a.name', 'a.email', 'p.hash'])
    .where('a.id', '=', accountId)
    .executeTakeFirstOrThrow();

/** Throws a duplicate where the name or the address is taken. */
export async function createPerson(db: TenantDb, name: string, email: string): Promise<string> {
  const id = newId();
  await db.insertInto('accounts').values({ id, name, email }).execute();
  return id;
}

/** Throws a duplicate where the address is taken; false where one was taken from this account. */
export async function setEmail(db: TenantDb, accountId: string, email: string): Promise<boolean> {
  const set = await db
    .updateTable('accounts')
    .set({ email })
    .where('id', '=', accountId)
    .where('email_released', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return set !== undefined;
}

export async function setPassword(db: TenantDb, accountId: string, hash: string, now: Date): Promise<void> {
  await db
    .insertInto('account_passwords')
    .values({ account_id: accountId, hash, changed_at: now })
    .onConflict((c) => c.column('account_id').doUpdateSet({ hash, changed_at: now }))
    .execute();
}

/** Ends an account for good, with its sessions and tokens; its address is free again. False where there is none. */
export async function disableAccount(db: TenantDb, name: string, now: Date): Promise<boolean> {
  const row = await db
    .updateTable('accounts')
    .set({ disabled_at: now })
    .where('name', '=', name)
    .where('disabled_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Takes an address from the account that has it, with its sessions: it never was proven that the two belong together.
 * The account's name; nothing where no account that works has the address.
 */
export async function releaseEmail(db: TenantDb, email: string, now: Date): Promise<string | undefined> {
  const row = await db
    .updateTable('accounts')
    .set({ email: null, email_released: email })
    .where('email', '=', email)
    .where('disabled_at', 'is', null)
    .returning(['id', 'name'])
    .executeTakeFirst();
  if (row) await endSessions(db, row.id, { allBut: undefined }, now);
  return row?.name;
}

/** Revokes every API token of the account. */
export async function endTokens(db: TenantDb, accountId: string, now: Date): Promise<void> {
  await db
    .updateTable('api_tokens')
    .set({ revoked_at: now })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .execute();
}

/** An invitation that can be accepted now. */
export async function openInvitation(
  db: TenantDb,
  hash: Uint8Array,
  now: Date,
): Promise<{ organization: string; email: string; role: string } | undefined> {
  const { rows } = await sql<{ organization: string; email: string; role: string }>`
    select organization, email, role from bastide_open_invitation(${hash}, ${now})`.execute(db);
  return rows[0];
}

/** Accepts it, once, for the account of its address; the organization's name, or nothing. */
export async function acceptInvitation(
  db: TenantDb,
  hash: Uint8Array,
  accountId: string,
  now: Date,
): Promise<string | undefined> {
  const { rows } = await sql<{ organization: string | null }>`
    select bastide_accept_invitation(${hash}, ${accountId}, ${now}) as organization`.execute(db);
  return rows[0]?.organization ?? undefined;
}

/** PostgreSQL's unique_violation, and the constraint that was hit. */
export function duplicateOf(error: unknown): string | undefined {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  return code === '23505' ? String(constraint ?? '') : undefined;
}
