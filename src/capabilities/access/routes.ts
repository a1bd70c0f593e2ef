import { z } from 'zod';
import { publicRoute, type Row, route } from '../../api/route.ts';
import { accountTaken, bootstrapRefused } from './errors.ts';
import { Account, AccountName, NewToken, TOKEN_DAYS } from './model.ts';
import { ciRoutes } from './routes/ci.ts';
import type { AccessSettings } from './routes/common.ts';
import { deviceRoutes } from './routes/devices.ts';
import { explainRoute } from './routes/explain.ts';
import { factorRoutes } from './routes/factors.ts';
import { passkeyRoutes } from './routes/passkeys.ts';
import { providerRoutes } from './routes/providers.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { ssoRoutes } from './routes/sso.ts';
import { throttleRoutes } from './routes/throttles.ts';
import { tokenRoutes } from './routes/tokens.ts';
import * as store from './store.ts';
import { wellFormed } from './tokens.ts';

const Bootstrap = z.strictObject({
  token: z.string().max(200).meta({ description: 'The one-time token that npm start printed' }),
  account: AccountName.default('admin'),
});

/** The first sign-in: the one-time token becomes an operator's account with an API token. */
const bootstrap = publicRoute({
  method: 'POST',
  path: '/v1/sessions/bootstrap',
  operationId: 'bootstrapSession',
  permission: 'public',
  summary: 'Exchange the one-time bootstrap token for an API token',
  body: Bootstrap,
  guesses: { door: 'bootstrap', wrong: ['bootstrap_refused'] },
  response: NewToken,
  status: 201,
  handler: async (ctx, { body }) => {
    if (!wellFormed('bsb', body.token)) return bootstrapRefused();
    return ctx.operator(async (db) => {
      if (!(await store.bootstrapWorks(db, body.token, ctx.now))) return bootstrapRefused();
      const known = await store.findAccount(db, body.account);
      // Somebody of a customer's may have the name: that must not make an operator of him.
      if (known && !(await store.isOfPlane(db, known.id))) return accountTaken(body.account);
      if (!(await store.spendBootstrap(db, body.token, ctx.now))) return bootstrapRefused();
      const accountId = known?.id ?? (await store.createAccount(db, body.account));
      await store.ensurePlaneMember(db, accountId, 'operator');
      const made = await store.createToken(db, {
        accountId,
        name: 'bootstrap',
        days: TOKEN_DAYS.default,
        now: ctx.now,
      });
      await store.recordSignIn(db, body.account, ctx);
      return {
        token: made.token.reveal(),
        id: made.id,
        account: body.account,
        expiresAt: made.expiresAt.toISOString(),
      };
    });
  },
});

const account = route({
  method: 'GET',
  path: '/v1/account',
  operationId: 'getAccount',
  permission: { action: 'account:read', resource: 'self' },
  summary: 'Who you are and what you belong to',
  response: Account,
  handler: async (ctx) => ({
    name: ctx.actor.name,
    memberships: await store.membershipsOf(ctx.db, ctx.actor.accountId),
  }),
});

/** Sign-in, one's own account, factors, sessions and tokens, and why somebody may or may not. */
export const accessRoutes = (settings: AccessSettings): Row[] => [
  bootstrap,
  ...signInRoutes(settings),
  ...passkeyRoutes(settings),
  ...deviceRoutes(settings),
  ...ssoRoutes(settings),
  ...providerRoutes(settings),
  account,
  ...factorRoutes(settings),
  ...sessionRoutes,
  ...tokenRoutes,
  ...ciRoutes(settings),
  explainRoute,
  ...throttleRoutes,
];
