import { z } from 'zod';
import { type Context, type Row, route } from '../../../api/route.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import {
  factorLast,
  factorNotFound,
  factorRefused,
  factorUnavailable,
  secondFactorNeeded,
} from '../errors.ts';
import { Code, FactorAdded, Factors, RecoveryCode, SignedIn } from '../model/accounts.ts';
import { hashRecoveryCode, newRecoveryCodes } from '../recovery-codes.ts';
import { findPerson } from '../store/accounts.ts';
import * as store from '../store/factors.ts';
import { endSessions, type FactorName, finishSession } from '../store/sessions.ts';
import { newSeed, sealSeed, seedUri } from '../totp.ts';
import {
  type AccessSettings,
  confirmTotp,
  mayChangeFactors,
  ok,
  sessionOf,
  spendTotp,
  told,
} from './common.ts';

/** Wrong codes that a half session survives. */
const WRONG = 5;

const Done = z.object({ ok: z.literal(true) });

const Prove = z
  .strictObject({ code: Code.optional(), recoveryCode: RecoveryCode.optional() })
  .refine(({ code, recoveryCode }) => (code === undefined) !== (recoveryCode === undefined), {
    message: 'give a code or a recovery code',
  });

/** Makes the session whole, or fresh again, after `factor` was proven in it. */
export async function finish(
  ctx: Context<'self'>,
  factor: FactorName,
): Promise<Outcome<z.input<typeof SignedIn>>> {
  const session = sessionOf(ctx);
  if (isRefusal(session)) return session;
  const made = await finishSession(ctx.db, session.id, session, factor, ctx.now);
  if (!made) return secondFactorNeeded();
  const answer = told(made, ctx.actor.name, 2, []);
  // A session that was whole keeps its token, which is not told again.
  return session.level === 1 ? answer : { ...answer, token: '' };
}

/** After a factor was added: other sessions end, and the first one comes with recovery codes and a whole session. */
export async function added(
  ctx: Context<'self'>,
  factor: FactorName,
): Promise<Outcome<z.input<typeof FactorAdded>>> {
  const { accountId } = ctx.actor;
  const codes = (await store.codesLeft(ctx.db, accountId)) === 0 ? newRecoveryCodes() : [];
  if (codes.length > 0) await store.replaceCodes(ctx.db, accountId, codes.map(hashRecoveryCode), ctx.now);
  await endSessions(ctx.db, accountId, { allBut: ctx.actor.tokenId }, ctx.now);
  const session = await finish(ctx, factor);
  if (isRefusal(session)) return session;
  return { session: session.token === '' ? null : session, recoveryCodes: codes };
}

const prove = (settings: AccessSettings) =>
  route({
    method: 'POST',
    path: '/v1/account/session/factor',
    operationId: 'proveFactor',
    permission: { action: 'sessions:finish', resource: 'self', half: true },
    summary: 'Prove the second factor: finishes a sign-in, or is fresh for ten minutes',
    body: Prove,
    guesses: {
      door: 'factor',
      wrong: ['factor_refused'],
      most: { tries: WRONG, of: 'session', refusal: factorRefused },
    },
    response: SignedIn,
    handler: async (ctx, { body }) => {
      const session = sessionOf(ctx);
      if (isRefusal(session)) return session;
      const { accountId } = ctx.actor;
      const right =
        body.code === undefined
          ? await store.spendCode(ctx.db, accountId, hashRecoveryCode(body.recoveryCode ?? ''), ctx.now)
          : await spendTotp(ctx.db, settings, accountId, body.code, ctx.now);
      if (isRefusal(right)) return right;
      if (!right) return factorRefused();
      return finish(ctx, body.code === undefined ? 'recovery' : 'totp');
    },
  });

const list = route({
  method: 'GET',
  path: '/v1/account/factors',
  operationId: 'listFactors',
  permission: { action: 'factors:read', resource: 'self', half: true },
  summary: 'Your password, second factors and recovery codes: what there is, never what they are',
  response: Factors,
  handler: async (ctx) => {
    const { accountId } = ctx.actor;
    const totp = await store.findTotp(ctx.db, accountId);
    const passkeys = await store.listPasskeys(ctx.db, accountId);
    return {
      password: (await findPerson(ctx.db, accountId)).hash !== null,
      totp: Boolean(totp?.confirmed_at),
      passkeys: passkeys.map((key) => ({
        id: key.id,
        name: key.name,
        createdAt: key.created_at.toISOString(),
        lastUsedAt: key.last_used_at?.toISOString() ?? null,
      })),
      recoveryCodes: await store.codesLeft(ctx.db, accountId),
    };
  },
});

const begin = (settings: AccessSettings) =>
  route({
    method: 'POST',
    path: '/v1/account/totp',
    operationId: 'beginTotp',
    permission: { action: 'factors:change', resource: 'self', half: true },
    summary: 'Begin with an authenticator app, or another one; it counts once a code of it was given',
    response: z.object({
      seed: z.string().meta({ description: 'Base32, to type; shown this one time only' }),
      uri: z.string().meta({ description: 'otpauth:// for a QR code' }),
    }),
    status: 201,
    handler: async (ctx) => {
      const refused = await mayChangeFactors(ctx);
      if (refused) return refused;
      if (!settings.accountsKey) return factorUnavailable();
      const { accountId, name } = ctx.actor;
      const seed = newSeed();
      await store.beginTotp(ctx.db, accountId, sealSeed(settings.accountsKey, accountId, seed), ctx.now);
      return { seed: seed.reveal(), uri: seedUri(seed, name, `Bastide ${settings.domain}`) };
    },
  });

const confirm = (settings: AccessSettings) =>
  route({
    method: 'POST',
    path: '/v1/account/totp/confirm',
    operationId: 'confirmTotp',
    permission: { action: 'factors:change', resource: 'self', half: true },
    summary: 'Confirm the authenticator app with a code of it; other sessions end',
    body: z.strictObject({ code: Code }),
    guesses: { door: 'factor', wrong: ['factor_refused'] },
    response: FactorAdded,
    handler: async (ctx, { body }) => {
      const refused = await mayChangeFactors(ctx);
      if (refused) return refused;
      const { accountId } = ctx.actor;
      const right = await confirmTotp(ctx.db, settings, accountId, body.code, ctx.now);
      if (isRefusal(right)) return right;
      if (!right) return factorRefused();
      return added(ctx, 'totp');
    },
  });

/** Removing takes a fresh factor, leaves one at least, and ends the other sessions. */
const remove = (path: '/v1/account/totp' | '/v1/account/passkeys/:passkey') =>
  route({
    method: 'DELETE',
    path,
    operationId: path.endsWith('totp') ? 'removeTotp' : 'removePasskey',
    permission: { action: 'factors:change', resource: 'self', stepUp: true },
    summary: path.endsWith('totp')
      ? 'Remove the authenticator app; other sessions end'
      : 'Remove a passkey; other sessions end',
    ...(path.endsWith('totp')
      ? {}
      : {
          params: z.strictObject({
            passkey: z.string().max(2048).meta({ description: 'Id of the passkey' }),
          }),
        }),
    response: Done,
    handler: async (ctx, { params }) => {
      const refused = await mayChangeFactors(ctx);
      if (refused) return refused;
      const { accountId, tokenId } = ctx.actor;
      const key = (params as { passkey?: string } | undefined)?.passkey;
      const gone = await (key === undefined
        ? store.removeTotp(ctx.db, accountId)
        : store.removePasskey(ctx.db, accountId, key));
      if (!gone) return factorNotFound();
      if (!(await store.hasFactor(ctx.db, accountId))) return factorLast();
      await endSessions(ctx.db, accountId, { allBut: tokenId }, ctx.now);
      return ok;
    },
  });

const renew = route({
  method: 'POST',
  path: '/v1/account/recovery-codes',
  operationId: 'renewRecoveryCodes',
  permission: { action: 'factors:change', resource: 'self', stepUp: true },
  summary: 'New recovery codes; the old ones end',
  response: z.object({ recoveryCodes: z.array(z.string()) }),
  status: 201,
  handler: async (ctx) => {
    const refused = await mayChangeFactors(ctx);
    if (refused) return refused;
    const codes = newRecoveryCodes();
    await store.replaceCodes(ctx.db, ctx.actor.accountId, codes.map(hashRecoveryCode), ctx.now);
    return { recoveryCodes: codes };
  },
});

export const factorRoutes = (settings: AccessSettings): Row[] => [
  prove(settings),
  list,
  begin(settings),
  confirm(settings),
  remove('/v1/account/totp'),
  remove('/v1/account/passkeys/:passkey'),
  renew,
];
