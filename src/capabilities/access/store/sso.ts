import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import type { Secret } from '../../../kernel/secret.ts';
import { SSO_LOGIN } from '../model/sso.ts';
import { aroundOf, crowding } from '../network.ts';
import { hashToken, newToken } from '../tokens.ts';

/** Browsers that may be on their way to providers at the same time, of one network, of one site and of all. */
const AWAY = { network: 60, site: 120, all: 2000 };
/** Answers that may wait for the agent, of one network and of all. */
const WAITING = { network: 5, all: 30 };

export interface Away {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

const countOf = sql<number>`count(*)::int`;

/** Of the block of networks that has most browsers away, the one that has been longest makes room. */
async function makeRoom(db: TenantDb): Promise<void> {
  const rows = await db
    .selectFrom('sso_logins')
    .select(['id', 'network'])
    .where('taken_at', 'is', null)
    .orderBy('created_at')
    .execute();
  const most = crowding(rows);
  if (most) await db.deleteFrom('sso_logins').where('id', '=', most.id).execute();
}

/**
 * A browser goes to the provider; gives what its page keeps. Nothing where too many of its network or site are away.
 * However many networks somebody has, he keeps nobody else from it.
 */
export async function beginLogin(
  db: TenantDb,
  providerId: string,
  of: { readonly accountId: string | null; readonly network: string },
  away: Away,
  now: Date,
): Promise<Secret | undefined> {
  await db.deleteFrom('sso_logins').where('expires_at', '<', now).execute();
  const { all, network, site } = await db
    .selectFrom('sso_logins')
    .select([
      countOf.as('all'),
      sql<number>`count(*) filter (where network = ${of.network})::int`.as('network'),
      sql<number>`count(*) filter (where starts_with(network, ${aroundOf(of.network).site}))::int`.as('site'),
    ])
    .where('taken_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (network >= AWAY.network || site >= AWAY.site) return undefined;
  if (all >= AWAY.all) await makeRoom(db);
  const key = newToken('bso');
  await db
    .insertInto('sso_logins')
    .values({
      id: newId(),
      provider_id: providerId,
      key_hash: hashToken(key.reveal()),
      account_id: of.accountId,
      network: of.network,
      redirect_uri: away.redirectUri,
      state: away.state,
      nonce: away.nonce,
      verifier: away.verifier,
      created_at: now,
      expires_at: new Date(now.getTime() + SSO_LOGIN),
    })
    .execute();
  return key;
}

/** Whether one more answer may wait for the agent, of whoever began this login. */
export async function mayAnswer(db: TenantDb, login: string, now: Date): Promise<boolean> {
  const { all, near } = await db
    .selectFrom('sso_logins')
    .select([
      countOf.as('all'),
      sql<number>`count(*) filter (where network = (select network from sso_logins l where l.key_hash = ${hashToken(login)}))::int`.as(
        'near',
      ),
    ])
    .where('answered_at', 'is not', null)
    .where('done_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return all < WAITING.all && near < WAITING.network;
}

/** Takes down what came back, once; the id of the login, or nothing where it is not one that waits for this. */
export async function answerLogin(
  db: TenantDb,
  answer: { login: string; state: string; code: string; iss?: string | undefined },
  now: Date,
): Promise<string | undefined> {
  const row = await db
    .updateTable('sso_logins')
    .set({ code: answer.code, answer_iss: answer.iss ?? null, answered_at: now })
    .where('key_hash', '=', hashToken(answer.login))
    .where('state', '=', answer.state)
    .where('answered_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

export type Finished =
  | { readonly state: 'pending' | 'over' }
  | {
      readonly state: 'verified';
      readonly providerId: string;
      readonly provider: string;
      readonly issuer: string;
      readonly subject: string;
    };

/**
 * What came of a login, once: whoever takes it has it. `accountId`: whose link it is to become, null for a sign-in; one
 * that was begun for the other is none.
 */
export async function takeLogin(
  db: TenantDb,
  login: string,
  accountId: string | null,
  now: Date,
): Promise<Finished> {
  const row = await db
    .selectFrom('sso_logins as l')
    .innerJoin('sso_providers as p', 'p.id', 'l.provider_id')
    .select(['l.id', 'l.subject', 'l.done_at', 'l.answered_at', 'p.id as providerId', 'p.name', 'p.issuer'])
    .where('l.key_hash', '=', hashToken(login))
    .where('l.account_id', accountId === null ? 'is' : '=', accountId)
    .where('l.taken_at', 'is', null)
    .where('l.expires_at', '>', now)
    .forUpdate('l')
    .executeTakeFirst();
  if (!row?.answered_at) return { state: 'over' };
  if (!row.done_at) return { state: 'pending' };
  await db.updateTable('sso_logins').set({ taken_at: now }).where('id', '=', row.id).execute();
  if (row.subject === null) return { state: 'over' };
  const { providerId, name, issuer, subject } = row;
  return { state: 'verified', providerId, provider: name, issuer, subject };
}

/** The account that is linked to who somebody is at a provider, if it works; the use is noted. */
export async function accountOfSubject(db: TenantDb, providerId: string, subject: string, now: Date) {
  const account = await db
    .selectFrom('sso_links as l')
    .innerJoin('accounts as a', 'a.id', 'l.account_id')
    .select(['a.id', 'a.name'])
    .where('l.provider_id', '=', providerId)
    .where('l.subject', '=', subject)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst();
  if (account)
    await db
      .updateTable('sso_links')
      .set({ last_used_at: now })
      .where('provider_id', '=', providerId)
      .where('subject', '=', subject)
      .execute();
  return account;
}

/** Links an account; says what is there already instead. A link of an account that was disabled gives way. */
export async function link(
  db: TenantDb,
  wanted: { readonly providerId: string; readonly subject: string; readonly accountId: string },
  now: Date,
): Promise<'linked' | 'subject-taken' | 'linked-already'> {
  const { providerId, subject, accountId } = wanted;
  await db
    .deleteFrom('sso_links')
    .where('provider_id', '=', providerId)
    .where('subject', '=', subject)
    .where('account_id', 'in', (eb) =>
      eb.selectFrom('accounts').select('id').where('disabled_at', 'is not', null),
    )
    .execute();
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sso_links')
    .values({ provider_id: providerId, subject, account_id: accountId, created_at: now })
    .onConflict((c) => c.doNothing())
    .executeTakeFirstOrThrow();
  if ((numInsertedOrUpdatedRows ?? 0n) > 0n) return 'linked';
  const own = await db
    .selectFrom('sso_links')
    .select('subject')
    .where('provider_id', '=', providerId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return own ? 'linked-already' : 'subject-taken';
}

export const linksOf = (db: TenantDb, accountId: string) =>
  db
    .selectFrom('sso_links as l')
    .innerJoin('sso_providers as p', 'p.id', 'l.provider_id')
    .select(['p.name', 'p.issuer', 'l.subject', 'l.created_at', 'l.last_used_at'])
    .where('l.account_id', '=', accountId)
    .orderBy('p.name')
    .execute();

export async function unlink(db: TenantDb, accountId: string, providerId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('sso_links')
    .where('account_id', '=', accountId)
    .where('provider_id', '=', providerId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Ends every link of an account: whoever made one may have been somebody else. */
export const unlinkAll = async (db: TenantDb, accountId: string): Promise<void> =>
  void (await db.deleteFrom('sso_links').where('account_id', '=', accountId).execute());
