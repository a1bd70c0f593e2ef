import type { Kysely } from 'kysely';
import type { Attempts } from '../capabilities/access/attempts.ts';
import { notSignedIn, signInThrottled } from '../capabilities/access/errors.ts';
import type { Actor } from '../capabilities/access/model.ts';
import { networkOf } from '../capabilities/access/network.ts';
import { actorOfDeployToken } from '../capabilities/access/store/deploy.ts';
import { actorOfSession } from '../capabilities/access/store/sessions.ts';
import { knownAt, wasToken } from '../capabilities/access/store/throttles.ts';
import { actorOf } from '../capabilities/access/store.ts';
import { hashToken, type TokenPrefix, wellFormed } from '../capabilities/access/tokens.ts';
import { actorOfSshSession } from '../capabilities/ssh/store/sessions.ts';
import type { Database } from '../db/schema.ts';
import { type TenantDb, withTenant } from '../db/transaction.ts';
import type { Outcome } from '../kernel/refusal.ts';

/** What may be brought, and who knows whom it stands for. */
const KINDS: [TokenPrefix, (db: TenantDb, token: string, now: Date) => Promise<Actor | undefined>][] = [
  ['bst', actorOf],
  ['bss', actorOfSession],
  ['bsd', actorOfDeployToken],
  ['bsh', (db, token, now) => actorOfSshSession(db, hashToken(token), now)],
];

const ENDED = 'ended';

const bearer = (header: string | undefined): string | undefined =>
  /^Bearer ([\w-]{1,200})$/i.exec(header ?? '')?.[1];

/**
 * Who asks. The same answer for a token that is missing, unknown, expired or revoked. An address with too many wrong ones
 * waits, with a right one too, unless its account was signed in from there; in a network with too many the wrong ones
 * wait, and whoever has a right one is not hindered by his neighbours. A request without a token guesses nothing, and
 * neither does one whose token was good once.
 */
export async function authenticate(
  db: Kysely<Database>,
  attempts: Attempts,
  request: {
    readonly authorization: string | undefined;
    readonly address: string | undefined;
    readonly now: Date;
  },
): Promise<Outcome<Actor>> {
  const { address, now } = request;
  const token = bearer(request.authorization);
  if (token === undefined) return notSignedIn();
  const waits = await attempts.waiting(address, now);
  const kind = KINDS.find(([prefix]) => wellFormed(prefix, token))?.[1];
  const found =
    kind &&
    (await withTenant(db, { signIn: true }, async (tx) => {
      const actor = await kind(tx, token, now);
      const free =
        waits?.kind !== 'address' || (actor && (await knownAt(tx, actor.name, networkOf(address), now)));
      if (actor) return free ? actor : undefined;
      return (await wasToken(tx, hashToken(token))) ? ENDED : undefined;
    }));
  if (found && found !== ENDED) return found;
  if (waits) return signInThrottled(waits.seconds);
  if (found !== ENDED) await attempts.take({ door: 'token', address }, now);
  return notSignedIn();
}
