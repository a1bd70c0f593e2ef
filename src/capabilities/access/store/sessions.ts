import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { SESSION } from '../model/accounts.ts';
import type { Actor, SessionState } from '../model.ts';
import { hashToken, newToken, sameHash } from '../tokens.ts';
import { consentsOf } from './consents.ts';
import { hasFactor } from './factors.ts';

export type FactorName = 'totp' | 'recovery' | 'passkey' | 'device';
/** How often a session's last use is written down. */
const SEEN = 60_000;

export interface From {
  readonly device: string;
  readonly kind: 'web' | 'cli';
  readonly address: string | undefined;
  readonly network: string;
}

export interface NewSession {
  readonly id: string;
  readonly token: Secret;
  readonly expiresAt: Date;
}

const lifetime = (level: 1 | 2, kind: 'web' | 'cli'): number => (level === 1 ? SESSION.half : SESSION[kind]);

/** Makes a session. `factor`: what was proven now; none leaves it a half one. */
export async function startSession(
  db: TenantDb,
  accountId: string,
  from: From,
  factor: FactorName | null,
  now: Date,
): Promise<NewSession> {
  const token = newToken('bss');
  const id = newId();
  const level = factor === null ? 1 : 2;
  const expiresAt = new Date(now.getTime() + lifetime(level, from.kind));
  await db
    .deleteFrom('sessions')
    .where('account_id', '=', accountId)
    .where('expires_at', '<', new Date(now.getTime() - SESSION.kept))
    .execute();
  await db
    .insertInto('sessions')
    .values({
      id,
      account_id: accountId,
      hash: hashToken(token.reveal()),
      level,
      kind: from.kind,
      device: from.device,
      source_address: from.address ?? null,
      network: from.network,
      created_at: now,
      last_seen_at: now,
      expires_at: expiresAt,
      // That another device was approved proves nothing new here.
      factor_at: factor === null || factor === 'device' ? null : now,
      factor,
    })
    .execute();
  return { id, token, expiresAt };
}

/**
 * Takes a proven factor down. A half session becomes whole under a new token, so that whoever knew the old one has
 * nothing; a whole one keeps its token. Nothing where the session was half and is spent meanwhile.
 */
export async function finishSession(
  db: TenantDb,
  id: string,
  state: SessionState,
  factor: FactorName,
  now: Date,
): Promise<NewSession | undefined> {
  const half = state.level === 1;
  const token = newToken('bss');
  const row = await db
    .selectFrom('sessions')
    .select(['kind', 'expires_at'])
    .where('id', '=', id)
    .where('level', '=', state.level)
    .where('revoked_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return undefined;
  const expiresAt = half ? new Date(now.getTime() + SESSION[row.kind]) : row.expires_at;
  await db
    .updateTable('sessions')
    .set({
      factor,
      factor_at: now,
      level: 2,
      expires_at: expiresAt,
      ...(half ? { hash: hashToken(token.reveal()) } : {}),
    })
    .where('id', '=', id)
    .execute();
  return { id, token, expiresAt };
}

/** Whom a session's token stands for; nothing where it is unknown, over or revoked, or the account is disabled. */
export async function actorOfSession(db: TenantDb, token: string, now: Date): Promise<Actor | undefined> {
  const hash = hashToken(token);
  const row = await db
    .selectFrom('sessions as s')
    .innerJoin('accounts as a', 'a.id', 's.account_id')
    .select(['s.id', 's.hash', 's.level', 's.factor_at', 's.last_seen_at', 'a.id as accountId', 'a.name'])
    .where('s.hash', '=', hash)
    .where('s.revoked_at', 'is', null)
    .where('s.expires_at', '>', now)
    .where('s.last_seen_at', '>', new Date(now.getTime() - SESSION.idle))
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst();
  if (!row || !sameHash(row.hash, hash)) return undefined;
  if (now.getTime() - row.last_seen_at.getTime() > SEEN)
    await db.updateTable('sessions').set({ last_seen_at: now }).where('id', '=', row.id).execute();
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
    ...(memberships.some(({ organizationId, role }) => organizationId === null && role === 'operator')
      ? { consents: await consentsOf(db, row.accountId, now) }
      : {}),
    session: { level: row.level === 2 ? 2 : 1, factorAt: row.factor_at },
    enrolled: await hasFactor(db, row.accountId),
  };
}

/** The sessions that still work, newest first. */
export const listSessions = (db: TenantDb, accountId: string, now: Date) =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', new Date(now.getTime() - SESSION.idle))
    .orderBy('id', 'desc')
    .execute();

/** Ends one session of the account, or all but one, or all. Gives how many. */
export async function endSessions(
  db: TenantDb,
  accountId: string,
  which: { readonly only: string } | { readonly allBut: string | undefined },
  now: Date,
): Promise<number> {
  // A device that was let in and has not asked yet would come in afterwards.
  if (!('only' in which)) await db.deleteFrom('device_logins').where('approved_by', '=', accountId).execute();
  let query = db
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null);
  if ('only' in which) query = query.where('id', '=', which.only);
  else if (which.allBut !== undefined) query = query.where('id', '<>', which.allBut);
  const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}
