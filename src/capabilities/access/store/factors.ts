import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';

/** Whether the account has a second factor that counts. Recovery codes are none: they stand in for one that is lost. */
export async function hasFactor(db: TenantDb, accountId: string): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`select bastide_has_factor(${accountId}) as has`.execute(db);
  return rows[0]!.has;
}

/** Holds the account's row to the end of the transaction: changes of its factors come one after another. */
export async function holdAccount(db: TenantDb, accountId: string): Promise<void> {
  await db
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', accountId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

export async function findTotp(db: TenantDb, accountId: string) {
  return db.selectFrom('totp_factors').selectAll().where('account_id', '=', accountId).executeTakeFirst();
}

/** Begins an authenticator app. One that was confirmed counts on until this one is. */
export async function beginTotp(
  db: TenantDb,
  accountId: string,
  pending: Uint8Array,
  now: Date,
): Promise<void> {
  await db
    .insertInto('totp_factors')
    .values({ account_id: accountId, pending, created_at: now })
    .onConflict((c) => c.column('account_id').doUpdateSet({ pending }))
    .execute();
}

/** The app that was begun is the one that counts; the step whose code proved it is spent. True once. */
export async function confirmTotp(
  db: TenantDb,
  accountId: string,
  pending: Uint8Array,
  step: number,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('totp_factors')
    .set({ seed: pending, pending: null, confirmed_at: now, last_step: step })
    .where('account_id', '=', accountId)
    .where('pending', '=', pending)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Spends a time step: true once, whoever else tries at the same time. */
export async function spendStep(db: TenantDb, accountId: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('totp_factors')
    .set({ last_step: step })
    .where('account_id', '=', accountId)
    .where((e) => e.or([e('last_step', 'is', null), e('last_step', '<', step)]))
    .where('confirmed_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export async function removeTotp(db: TenantDb, accountId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('totp_factors')
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** How many recovery codes are left. */
export async function codesLeft(db: TenantDb, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('recovery_codes')
    .select(sql<number>`count(*)::int`.as('left'))
    .where('account_id', '=', accountId)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.left;
}

/** New recovery codes; the old ones end. */
export async function replaceCodes(
  db: TenantDb,
  accountId: string,
  hashes: readonly Uint8Array[],
  now: Date,
): Promise<void> {
  await db.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  await db
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ hash, account_id: accountId, created_at: now })))
    .execute();
}

/** Spends a recovery code: true once. */
export async function spendCode(
  db: TenantDb,
  accountId: string,
  hash: Uint8Array,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('recovery_codes')
    .set({ used_at: now })
    .where('account_id', '=', accountId)
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export const listPasskeys = (db: TenantDb, accountId: string) =>
  db
    .selectFrom('passkeys')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'asc')
    .execute();

/** A passkey and whose it is; nothing where the account is disabled. */
export const findPasskey = (db: TenantDb, id: string) =>
  db
    .selectFrom('passkeys as p')
    .innerJoin('accounts as a', 'a.id', 'p.account_id')
    .select(['p.id', 'p.public_key', 'p.counter', 'a.id as accountId', 'a.name'])
    .where('p.id', '=', id)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst();

/** False where the passkey is known already, to this account or another. */
export async function addPasskey(
  db: TenantDb,
  accountId: string,
  key: {
    readonly id: string;
    readonly name: string;
    readonly publicKey: Uint8Array;
    readonly counter: number;
    readonly transports: readonly string[];
  },
  now: Date,
): Promise<boolean> {
  const added = await db
    .insertInto('passkeys')
    .values({
      id: key.id,
      account_id: accountId,
      name: key.name,
      public_key: key.publicKey,
      counter: key.counter,
      transports: JSON.stringify(key.transports),
      created_at: now,
    })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  return (added.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Takes down that a passkey was used; false where its counter went back, as that of a copy would. */
export async function passkeyUsed(db: TenantDb, id: string, counter: number, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('passkeys')
    .set({ counter, last_used_at: now })
    .where('id', '=', id)
    .where((e) => e.or([e('counter', '<', counter), e.and([e('counter', '=', 0), e.val(counter === 0)])]))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export async function removePasskey(db: TenantDb, accountId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('passkeys')
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Spends a challenge: true once. Those that are over anyway go. */
export async function spendChallenge(
  db: TenantDb,
  hash: Uint8Array,
  expiresAt: Date,
  now: Date,
): Promise<boolean> {
  await db.deleteFrom('spent_challenges').where('expires_at', '<', now).execute();
  const spent = await db
    .insertInto('spent_challenges')
    .values({ hash, expires_at: expiresAt })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  return (spent.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
