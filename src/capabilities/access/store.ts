import { type Kysely, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import type { Secret } from '../../kernel/secret.ts';
import { type Actor, DAY } from './model.ts';
import { hasFactor } from './store/factors.ts';
import { hashToken, newToken, sameHash } from './tokens.ts';

/** Whom a token stands for; nothing where it is unknown, expired or revoked, or the account is disabled. */
export async function actorOf(db: TenantDb, token: string, now: Date): Promise<Actor | undefined> {
  const hash = hashToken(token);
  const row = await db
    .selectFrom('api_tokens as t')
    .innerJoin('accounts as a', 'a.id', 't.account_id')
    .select(['t.id', 't.hash', 't.last_used_at', 't.actions', 't.projects', 'a.id as accountId', 'a.name'])
    .where('t.hash', '=', hash)
    .where('t.revoked_at', 'is', null)
    .where('t.expires_at', '>', now)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst();
  if (!row || !sameHash(row.hash, hash)) return undefined;
  // Once a minute is enough to see which tokens are in use.
  if (!row.last_used_at || now.getTime() - row.last_used_at.getTime() > 60_000)
    await db.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', row.id).execute();
  const memberships = await db
    .selectFrom('memberships')
    .select(['organization_id as organizationId', 'role'])
    .where('account_id', '=', row.accountId)
    .execute();
  return {
    accountId: row.accountId,
    name: row.name,
    tokenId: row.id,
    memberships,
    ...(row.actions || row.projects ? { limits: { actions: row.actions, projects: row.projects } } : {}),
    enrolled: await hasFactor(db, row.accountId),
  };
}

/** Makes a token; it can be read this once only. */
export async function createToken(
  db: TenantDb,
  wanted: {
    accountId: string;
    name: string;
    days: number;
    now: Date;
    actions?: readonly string[] | null;
    projects?: readonly string[] | null;
  },
): Promise<{ id: string; token: Secret; expiresAt: Date }> {
  const token = newToken('bst');
  const expiresAt = new Date(wanted.now.getTime() + wanted.days * DAY);
  const id = newId();
  await db
    .insertInto('api_tokens')
    .values({
      id,
      account_id: wanted.accountId,
      name: wanted.name,
      hash: hashToken(token.reveal()),
      created_at: wanted.now,
      expires_at: expiresAt,
      actions: wanted.actions ? [...wanted.actions] : null,
      projects: wanted.projects ? [...wanted.projects] : null,
    })
    .execute();
  return { id, token, expiresAt };
}

/** The account's tokens that still work, newest first. */
export function listTokens(db: TenantDb, accountId: string, now: Date) {
  return db
    .selectFrom('api_tokens')
    .select(['id', 'name', 'created_at', 'expires_at', 'last_used_at', 'actions', 'projects'])
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('id', 'desc')
    .execute();
}

export async function revokeToken(db: TenantDb, accountId: string, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_tokens')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Ids of the projects of these names that are in the account's organizations. */
export async function ownProjects(
  db: TenantDb,
  accountId: string,
  names: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from bastide_own_projects(${accountId}, ${[...names]}::text[])`.execute(db);
  return rows.map(({ id }) => id);
}

/** A token of the account that works. */
export const findToken = (db: TenantDb, accountId: string, id: string, now: Date) =>
  db
    .selectFrom('api_tokens')
    .select(['id', 'name', 'created_at', 'expires_at', 'actions', 'projects'])
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .forUpdate()
    .executeTakeFirst();

/** Lets a token end sooner. */
export async function endTokenAt(db: TenantDb, id: string, at: Date): Promise<void> {
  await db
    .updateTable('api_tokens')
    .set({ expires_at: at })
    .where('id', '=', id)
    .where('expires_at', '>', at)
    .execute();
}

/** Keeps the hash of a new bootstrap token; the API may not. */
export async function addBootstrapToken(db: Kysely<Database>, token: Secret, expiresAt: Date): Promise<void> {
  await db
    .insertInto('bootstrap_tokens')
    .values({ hash: hashToken(token.reveal()), expires_at: expiresAt })
    .execute();
}

/** Whether the bootstrap token could be spent. */
export async function bootstrapWorks(db: TenantDb, token: string, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom('bootstrap_tokens')
    .select('expires_at')
    .where('hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

/** Spends a bootstrap token: true once. */
export async function spendBootstrap(db: TenantDb, token: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('bootstrap_tokens')
    .set({ used_at: now })
    .where('hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Whether the account belongs to the platform's own plane. */
export async function isOfPlane(db: TenantDb, accountId: string): Promise<boolean> {
  const row = await db
    .selectFrom('memberships')
    .select('role')
    .where('account_id', '=', accountId)
    .where('organization_id', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether somebody signs in to the account: it has an address. */
export async function isPerson(db: TenantDb, accountId: string): Promise<boolean> {
  const { email } = await db
    .selectFrom('accounts')
    .select('email')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return email !== null;
}

export async function findAccount(db: TenantDb, name: string): Promise<{ id: string } | undefined> {
  return db.selectFrom('accounts').select('id').where('name', '=', name).executeTakeFirst();
}

export async function createAccount(db: TenantDb, name: string): Promise<string> {
  const id = newId();
  await db.insertInto('accounts').values({ id, name }).execute();
  return id;
}

/** Gives an account a place on the platform's own plane; in no organization. */
export async function ensurePlaneMember(
  db: TenantDb,
  accountId: string,
  role: 'operator' | 'prober',
): Promise<void> {
  await db
    .insertInto('memberships')
    .values({ account_id: accountId, organization_id: null, role })
    .onConflict((c) => c.doNothing())
    .execute();
}

export async function isMember(db: TenantDb, accountId: string, organizationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('memberships')
    .select('role')
    .where('account_id', '=', accountId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
  return row !== undefined;
}

/** What an account belongs to, with the organizations' names. */
export async function membershipsOf(db: TenantDb, accountId: string) {
  return db
    .selectFrom('memberships as m')
    .leftJoin('organizations as o', 'o.id', 'm.organization_id')
    .select(['o.name as organization', 'm.role'])
    .where('m.account_id', '=', accountId)
    .orderBy(sql`o.name nulls first`)
    .execute();
}

/** The audit line of a sign-in, or of one that was refused. */
export async function recordSignIn(
  db: TenantDb,
  account: string,
  from: { readonly requestId: string; readonly sourceAddress: string | undefined },
  what: { readonly action: string; readonly denied?: true; readonly [detail: string]: unknown } = {
    action: 'sessions:bootstrap',
  },
): Promise<void> {
  const { action, denied, ...detail } = what;
  await db
    .insertInto('audit_log')
    .values({
      actor: account,
      action,
      target: `account:${account}`,
      outcome: denied ? 'denied' : 'allowed',
      detail: JSON.stringify(detail),
      request_id: from.requestId,
      source_address: from.sourceAddress ?? null,
    })
    .execute();
}
