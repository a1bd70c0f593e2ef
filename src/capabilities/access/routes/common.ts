import type { Context, PublicContext } from '../../../api/route.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { Secret } from '../../../kernel/secret.ts';
import { factorUnavailable, sessionNeeded, stepUpNeeded } from '../errors.ts';
import { SESSION } from '../model/accounts.ts';
import { networkOf } from '../network.ts';
import { type Place, placeOf } from '../passkeys.ts';
import * as factors from '../store/factors.ts';
import { type From, type NewSession, startSession } from '../store/sessions.ts';
import { recordSignIn } from '../store.ts';
import { openSeed, stepOf } from '../totp.ts';

/** What the routes of access are told by the program that serves them. */
export interface AccessSettings {
  readonly domain: string;
  readonly accountsKey?: Secret | undefined;
}

export const place = (settings: AccessSettings): Place => placeOf(settings.domain);

export const ok = { ok: true as const };

export const emailOf = (typed: string): string => typed.toLowerCase();

export const fromOf = (
  ctx: { readonly sourceAddress: string | undefined },
  device: string,
  kind: 'web' | 'cli',
): From => ({ device, kind, address: ctx.sourceAddress, network: networkOf(ctx.sourceAddress) });

/** The actor's session; a token has none and is refused. */
export function sessionOf(ctx: Context<'self'>) {
  const { session, tokenId } = ctx.actor;
  return session ? { ...session, id: tokenId } : sessionNeeded();
}

/**
 * May this session change the second factors? An account that has none yet lets a half session enrol the first, or
 * nobody could; from then on it takes a whole session with a fresh factor.
 */
export async function mayChangeFactors(ctx: Context<'self'>): Promise<Refusal | undefined> {
  const session = sessionOf(ctx);
  if (isRefusal(session)) return session;
  await factors.holdAccount(ctx.db, ctx.actor.accountId);
  if (!(await factors.hasFactor(ctx.db, ctx.actor.accountId))) return undefined;
  const fresh = session.factorAt !== null && ctx.now.getTime() - session.factorAt.getTime() < SESSION.fresh;
  return session.level === 2 && fresh ? undefined : stepUpNeeded();
}

/** What is left to prove for an account: what a sign-in answers with. */
export async function factorsOf(
  db: TenantDb,
  accountId: string,
): Promise<('totp' | 'recovery' | 'passkey')[]> {
  const totp = await factors.findTotp(db, accountId);
  const passkeys = await factors.listPasskeys(db, accountId);
  const codes = await factors.codesLeft(db, accountId);
  return [
    ...(passkeys.length > 0 ? ['passkey' as const] : []),
    ...(totp?.confirmed_at ? ['totp' as const] : []),
    ...(codes > 0 ? ['recovery' as const] : []),
  ];
}

/** Whether the code of the authenticator app is right now, and was not used; it is used up by this. */
export async function spendTotp(
  db: TenantDb,
  settings: AccessSettings,
  accountId: string,
  code: string,
  now: Date,
): Promise<Outcome<boolean>> {
  const row = await factors.findTotp(db, accountId);
  if (!row?.seed) return false;
  const seed = settings.accountsKey && openSeed(settings.accountsKey, accountId, row.seed);
  if (!seed) return factorUnavailable();
  const step = stepOf(seed, code.replaceAll(/\s/g, ''), row.last_step, now);
  return step !== undefined && factors.spendStep(db, accountId, step);
}

/** Whether the code is of the app that was begun; then that one counts, and the one before it does not any more. */
export async function confirmTotp(
  db: TenantDb,
  settings: AccessSettings,
  accountId: string,
  code: string,
  now: Date,
): Promise<Outcome<boolean>> {
  const row = await factors.findTotp(db, accountId);
  if (!row?.pending) return false;
  const seed = settings.accountsKey && openSeed(settings.accountsKey, accountId, row.pending);
  if (!seed) return factorUnavailable();
  const step = stepOf(seed, code.replaceAll(/\s/g, ''), null, now);
  return step !== undefined && factors.confirmTotp(db, accountId, row.pending, step, now);
}

/** The address that was typed as one's own: whose account is guessed at. */
export const typedEmail = (body: unknown): string | undefined =>
  emailOf((body as { readonly email: string }).email);

/** Signs somebody in: the session, its audit line, and what the client is told. `by`: what a half session came of. */
export async function signedIn(
  db: TenantDb,
  ctx: Pick<PublicContext, 'now' | 'requestId' | 'sourceAddress'>,
  account: { readonly id: string; readonly name: string },
  from: From,
  how: Parameters<typeof startSession>[3],
  by = 'password',
) {
  const made = await startSession(db, account.id, from, how, ctx.now);
  await recordSignIn(db, account.name, ctx, {
    action: 'sessions:start',
    how: how ?? by,
    device: from.device,
  });
  return told(made, account.name, how === null ? 1 : 2, how === null ? await factorsOf(db, account.id) : []);
}

export const told = (
  made: NewSession,
  account: string,
  level: 1 | 2,
  left: ('totp' | 'recovery' | 'passkey')[],
) => ({
  token: made.token.reveal(),
  account,
  level,
  factors: left,
  expiresAt: made.expiresAt.toISOString(),
});

export const secret = (text: string): Secret => new Secret(text);
