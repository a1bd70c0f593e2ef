import { type Kysely, sql } from 'kysely';
import type { KeySet, Metadata } from '../../../adapters/openid/port.ts';
import type { Database } from '../../../db/schema.ts';
import { CI_KEYS } from '../model/ci.ts';

type Db = Kysely<Database>;

/** Whether this operation has asked the provider already, or there is none to ask. */
export async function wasChecked(db: Db, providerId: string, operationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('sso_providers')
    .select('checked_by')
    .where('id', '=', providerId)
    .executeTakeFirst();
  return row === undefined || row.checked_by === operationId;
}

export const providerById = (db: Db, id: string) =>
  db.selectFrom('sso_providers').selectAll().where('id', '=', id).executeTakeFirst();

/** The client secret has come: it is kept under the root key, unless another one was sent meanwhile. */
export async function keepSecret(db: Db, id: string, sent: Uint8Array, wrapped: string): Promise<void> {
  await db
    .updateTable('sso_providers')
    .set({ wrapped_secret: wrapped, sent_secret: null })
    .where('id', '=', id)
    .where('sent_secret', '=', sent)
    .execute();
}

/** What a look at a provider came to. What it said before stays where it does not answer now. */
export async function noteProvider(
  db: Db,
  id: string,
  seen: { readonly metadata: Metadata } | { readonly failure: string },
  operationId: string,
  now: Date,
): Promise<void> {
  await db
    .updateTable('sso_providers')
    .set({
      checked_at: now,
      checked_by: operationId,
      ...('metadata' in seen
        ? { metadata: JSON.stringify(seen.metadata), failure: null }
        : { failure: seen.failure.slice(0, 500) }),
    })
    .where('id', '=', id)
    .execute();
}

/** A login whose answer waits to be exchanged. */
export const waitingLogin = (db: Db, id: string, now: Date) =>
  db
    .selectFrom('sso_logins')
    .select(['id', 'provider_id', 'redirect_uri', 'state', 'nonce', 'verifier', 'code', 'answer_iss'])
    .where('id', '=', id)
    .where('answered_at', 'is not', null)
    .where('done_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();

/** What came of an exchange. The code and the verifier are spent and not kept. */
export async function noteLogin(
  db: Db,
  id: string,
  came: { readonly subject: string } | { readonly failure: string },
  now: Date,
): Promise<void> {
  await db
    .updateTable('sso_logins')
    .set({ ...came, code: null, verifier: '', done_at: now })
    .where('id', '=', id)
    .execute();
}

/** Issuers that are asked at one look. */
const LOOK = 100;

/** Whether this operation has asked the issuer for its keys already. */
export async function wasAsked(db: Db, issuer: string, operationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('ci_issuers')
    .select('tried_by')
    .where('issuer', '=', issuer)
    .executeTakeFirst();
  return row === undefined || row.tried_by === operationId;
}

/** Issuers that a rule trusts and whose keys are old or wanted; one that failed just now has to wait. */
export async function issuersToAsk(db: Db, now: Date): Promise<readonly string[]> {
  const before = (ms: number) => new Date(now.getTime() - ms);
  const rows = await db
    .selectFrom('ci_issuers as i')
    .select('i.issuer')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('ci_trust as t')
          .select('t.id')
          .whereRef('t.issuer', '=', 'i.issuer')
          .where('t.revoked_at', 'is', null)
          .where('t.expires_at', '>', now),
      ),
    )
    .where((eb) =>
      eb.or([
        eb('i.fetched_at', 'is', null),
        eb('i.fetched_at', '<', before(CI_KEYS.fresh)),
        eb('i.wanted_at', '>=', eb.ref('i.fetched_at')),
      ]),
    )
    .where((eb) =>
      eb.or([
        eb('i.tried_at', 'is', null),
        eb('i.tried_at', '<', before(CI_KEYS.failing)),
        eb.and([eb('i.failure', 'is', null), eb('i.tried_at', '<', before(CI_KEYS.again))]),
      ]),
    )
    .orderBy(sql`i.tried_at nulls first`)
    .limit(LOOK)
    .execute();
  return rows.map(({ issuer }) => issuer);
}

/** What asking an issuer came to. Keys that are known stay where it does not answer, until they are too old. */
export async function noteKeys(
  db: Db,
  issuer: string,
  seen: { readonly keys: KeySet } | { readonly failure: string },
  operationId: string | null,
  now: Date,
): Promise<void> {
  await db
    .updateTable('ci_issuers')
    .set({
      tried_at: now,
      tried_by: operationId,
      ...('keys' in seen
        ? { keys: JSON.stringify(seen.keys), fetched_at: now, failure: null }
        : { failure: seen.failure.slice(0, 500) }),
    })
    .where('issuer', '=', issuer)
    .execute();
}
