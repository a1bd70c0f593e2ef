import { z } from 'zod';
import { publicRoute, type Row, route } from '../../api/route.ts';
import { bootstrapRefused, tokenNotFound, tokenTooLong } from './errors.ts';
import { Account, AccountName, ApiToken, NewToken, TOKEN_DAYS, TokenName } from './model.ts';
import * as store from './store.ts';
import { wellFormed } from './tokens.ts';

const Bootstrap = z.strictObject({
  token: z.string().max(200).meta({ description: 'The one-time token that npm start printed' }),
  account: AccountName.default('admin'),
});

const CreateToken = z.strictObject({
  name: TokenName,
  days: z
    .int()
    .min(1)
    .default(TOKEN_DAYS.default)
    .meta({ description: `Days until it expires, ${TOKEN_DAYS.most} at most` }),
});

/** The first sign-in: the one-time token becomes an operator's account with an API token. */
const bootstrap = publicRoute({
  method: 'POST',
  path: '/v1/sessions/bootstrap',
  operationId: 'bootstrapSession',
  permission: 'public',
  summary: 'Exchange the one-time bootstrap token for an API token',
  body: Bootstrap,
  response: NewToken,
  status: 201,
  handler: async (ctx, { body }) => {
    if (!wellFormed('bsb', body.token)) return bootstrapRefused();
    return ctx.operator(async (db) => {
      if (!(await store.spendBootstrap(db, body.token, ctx.now))) return bootstrapRefused();
      const known = await store.findAccount(db, body.account);
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

/** Sign-in, one's own account and its tokens. */
export const accessRoutes: Row[] = [
  bootstrap,
  route({
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
  }),
  route({
    method: 'GET',
    path: '/v1/account/tokens',
    operationId: 'listTokens',
    permission: { action: 'tokens:read', resource: 'self' },
    summary: 'Your API tokens',
    response: z.object({ tokens: z.array(ApiToken) }),
    handler: async (ctx) => ({
      tokens: (await store.listTokens(ctx.db, ctx.actor.accountId, ctx.now)).map((row) => ({
        id: row.id,
        name: row.name,
        createdAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
        current: row.id === ctx.actor.tokenId,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/account/tokens',
    operationId: 'createToken',
    permission: { action: 'tokens:create', resource: 'self' },
    summary: 'Create an API token; it is shown this one time',
    body: CreateToken,
    response: NewToken,
    status: 201,
    handler: async (ctx, { body }) => {
      if (body.days > TOKEN_DAYS.most) return tokenTooLong(TOKEN_DAYS.most);
      const { accountId, name } = ctx.actor;
      const made = await store.createToken(ctx.db, {
        accountId,
        name: body.name,
        days: body.days,
        now: ctx.now,
      });
      return {
        token: made.token.reveal(),
        id: made.id,
        account: name,
        expiresAt: made.expiresAt.toISOString(),
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/account/tokens/:token',
    operationId: 'revokeToken',
    permission: { action: 'tokens:revoke', resource: 'self' },
    summary: 'Revoke one of your API tokens, at once',
    params: z.strictObject({ token: z.uuid().meta({ description: 'Id of the token' }) }),
    response: z.object({ ok: z.literal(true) }),
    handler: async (ctx, { params }) =>
      (await store.revokeToken(ctx.db, ctx.actor.accountId, params.token, ctx.now))
        ? { ok: true as const }
        : tokenNotFound(),
  }),
];
