import { z } from 'zod';
import { publicRoute, type Row, route } from '../../../api/route.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { passkeyRefused } from '../errors.ts';
import {
  DeviceName,
  FactorAdded,
  PasskeyAnswer,
  PasskeyMade,
  PasskeyName,
  PasskeyOptions,
  SignedIn,
} from '../model/accounts.ts';
import {
  CHALLENGE_SECONDS,
  challengeIn,
  hashChallenge,
  madePasskey,
  registrationOptions,
  signInOptions,
  usedPasskey,
} from '../passkeys.ts';
import * as store from '../store/factors.ts';
import { recordSignIn } from '../store.ts';
import { type AccessSettings, fromOf, mayChangeFactors, place, sessionOf, signedIn } from './common.ts';
import { added, finish } from './factors.ts';

const CHALLENGE = CHALLENGE_SECONDS * 1000;
type Db = Parameters<typeof store.findPasskey>[0];

const plain = (options: object): Record<string, unknown> => ({ ...options });

/** Spends the challenge that the answer is to: an answer that was seen once is worth nothing. */
const spend = (db: Db, clientDataJSON: string, now: Date) =>
  store.spendChallenge(
    db,
    hashChallenge(challengeIn(clientDataJSON)),
    new Date(now.getTime() + CHALLENGE),
    now,
  );

/**
 * Whose passkey it is, where the answer is right, unlocked by the person, new, and its counter went on. `only`: no account
 * but this one's.
 */
async function used(db: Db, settings: AccessSettings, only: string | null, answer: PasskeyAnswer, now: Date) {
  const key = await store.findPasskey(db, answer.id);
  if (!key || (only !== null && key.accountId !== only)) return undefined;
  const credential = { id: key.id, publicKey: key.public_key, counter: key.counter };
  const proof = await usedPasskey(place(settings), only, answer, credential, now);
  if (!proof || !(await spend(db, answer.response.clientDataJSON, now))) return undefined;
  return (await store.passkeyUsed(db, key.id, proof.newCounter, now)) ? key : undefined;
}

export const passkeyRoutes = (settings: AccessSettings): Row[] => [
  publicRoute({
    method: 'POST',
    path: '/v1/sessions/passkey/options',
    operationId: 'startPasskeySignIn',
    permission: 'public',
    summary: 'What a browser needs to sign in with a passkey',
    response: PasskeyOptions,
    handler: async (ctx) => ({ options: plain(await signInOptions(place(settings), null, ctx.now)) }),
  }),
  publicRoute({
    method: 'POST',
    path: '/v1/sessions/passkey',
    operationId: 'signInWithPasskey',
    permission: 'public',
    summary: 'Sign in with a passkey alone; the person has to be verified by it',
    body: z.strictObject({ answer: PasskeyAnswer, device: DeviceName.default('a browser') }),
    guesses: 'nothing',
    response: SignedIn,
    status: 201,
    handler: (ctx, { body }) =>
      ctx.signIn(async (db) => {
        const key = await used(db, settings, null, body.answer, ctx.now);
        if (key) {
          const account = { id: key.accountId, name: key.name };
          return signedIn(db, ctx, account, fromOf(ctx, body.device, 'web'), 'passkey');
        }
        await recordSignIn(db, 'unknown', ctx, { action: 'sessions:start', how: 'passkey', denied: true });
        return passkeyRefused();
      }),
  }),
  route({
    method: 'POST',
    path: '/v1/account/session/passkey/options',
    operationId: 'startPasskeyProof',
    permission: { action: 'sessions:finish', resource: 'self', half: true },
    summary: 'What a browser needs to prove the second factor with a passkey',
    response: PasskeyOptions,
    handler: async (ctx) => ({
      options: plain(await signInOptions(place(settings), ctx.actor.accountId, ctx.now)),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/account/session/passkey',
    operationId: 'provePasskey',
    permission: { action: 'sessions:finish', resource: 'self', half: true },
    summary: 'Prove the second factor with a passkey: finishes a sign-in, or is fresh for ten minutes',
    body: z.strictObject({ answer: PasskeyAnswer }),
    response: SignedIn,
    handler: async (ctx, { body }) => {
      const session = sessionOf(ctx);
      if (isRefusal(session)) return session;
      const key = await used(ctx.db, settings, ctx.actor.accountId, body.answer, ctx.now);
      return key ? finish(ctx, 'passkey') : passkeyRefused();
    },
  }),
  route({
    method: 'POST',
    path: '/v1/account/passkeys/options',
    operationId: 'startPasskey',
    permission: { action: 'factors:change', resource: 'self', half: true },
    summary: 'What a browser needs to make a passkey',
    response: PasskeyOptions,
    handler: async (ctx) => {
      const refused = await mayChangeFactors(ctx);
      if (refused) return refused;
      const { accountId, name } = ctx.actor;
      const known = (await store.listPasskeys(ctx.db, accountId)).map(({ id }) => id);
      const options = await registrationOptions(place(settings), { id: accountId, name }, known, ctx.now);
      return { options: plain(options) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/account/passkeys',
    operationId: 'addPasskey',
    permission: { action: 'factors:change', resource: 'self', half: true },
    summary: 'Add a passkey; other sessions end',
    body: z.strictObject({ name: PasskeyName, answer: PasskeyMade }),
    response: FactorAdded,
    status: 201,
    handler: async (ctx, { body }) => {
      const refused = await mayChangeFactors(ctx);
      if (refused) return refused;
      const { accountId } = ctx.actor;
      const made = await madePasskey(place(settings), accountId, body.answer, ctx.now);
      if (!made || !(await spend(ctx.db, body.answer.response.clientDataJSON, ctx.now)))
        return passkeyRefused();
      const { id, publicKey, counter } = made.credential;
      const transports = body.answer.response.transports ?? [];
      const key = { id, name: body.name, publicKey, counter, transports };
      return (await store.addPasskey(ctx.db, accountId, key, ctx.now))
        ? added(ctx, 'passkey')
        : passkeyRefused();
    },
  }),
];
