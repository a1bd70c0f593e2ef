import type { Kysely } from 'kysely';
import { notSignedIn, signInThrottled } from '../capabilities/access/errors.ts';
import type { Actor } from '../capabilities/access/model.ts';
import { actorOfDeployToken } from '../capabilities/access/store/deploy.ts';
import { actorOfSession } from '../capabilities/access/store/sessions.ts';
import { actorOf } from '../capabilities/access/store.ts';
import { hashToken, type TokenPrefix, wellFormed } from '../capabilities/access/tokens.ts';
import { actorOfSshSession } from '../capabilities/ssh/store/sessions.ts';
import type { Database } from '../db/schema.ts';
import { type TenantDb, withTenant } from '../db/transaction.ts';
import type { Outcome } from '../kernel/refusal.ts';
import type { Throttle } from './throttle.ts';

/** What may be brought, and who knows whom it stands for. */
const KINDS: [TokenPrefix, (db: TenantDb, token: string, now: Date) => Promise<Actor | undefined>][] = [
  ['bst', actorOf],
  ['bss', actorOfSession],
  ['bsd', actorOfDeployToken],
  ['bsh', (db, token, now) => actorOfSshSession(db, hashToken(token), now)],
];

const bearer = (header: string | undefined): string | undefined =>
  /^Bearer ([\w-]{1,200})$/i.exec(header ?? '')?.[1];

/**
 * Who asks. The same answer for a token that is missing, unknown, expired or revoked; after too many wrong ones from
 * one address it has to wait. A request without a token costs no attempt: it guesses nothing.
 */
export async function authenticate(
  db: Kysely<Database>,
  throttle: Throttle,
  request: { readonly authorization: string | undefined; readonly address: string; readonly now: Date },
): Promise<Outcome<Actor>> {
  const now = request.now.getTime();
  const seconds = throttle.wait(request.address, now);
  if (seconds > 0) return signInThrottled(seconds);
  const token = bearer(request.authorization);
  if (token === undefined) return notSignedIn();
  const known = KINDS.find(([prefix]) => wellFormed(prefix, token))?.[1];
  const actor = known && (await withTenant(db, { signIn: true }, (tx) => known(tx, token, request.now)));
  if (actor) return actor;
  throttle.failed(request.address, now);
  return notSignedIn();
}
