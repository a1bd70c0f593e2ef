import type { Kysely } from 'kysely';
import type { Metadata } from '../../../adapters/openid/port.ts';
import type { Database } from '../../../db/schema.ts';

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
