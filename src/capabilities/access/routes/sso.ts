import { z } from 'zod';
import { publicRoute, type Row, route } from '../../../api/route.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import { submit } from '../../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import {
  ssoBusy,
  ssoLinked,
  ssoLinkNotFound,
  ssoNotLinked,
  ssoNotReady,
  ssoPending,
  ssoRefused,
  ssoSubjectTaken,
  ssoUnknown,
} from '../errors/sso.ts';
import { DeviceName, SignedIn } from '../model/accounts.ts';
import { LinkView, ProviderName, SSO_RETURN, SsoAnswer, SsoStart } from '../model/sso.ts';
import { networkOf } from '../network.ts';
import { departure } from '../openid.ts';
import { findProvider, listProviders } from '../store/providers.ts';
import * as store from '../store/sso.ts';
import { recordSignIn } from '../store.ts';
import { wellFormed } from '../tokens.ts';
import { type AccessSettings, fromOf, ok, place, signedIn } from './common.ts';

const Done = z.object({ ok: z.literal(true) });
const Begin = z.strictObject({ provider: ProviderName });
const Login = SsoAnswer.shape.login;

/** Sends a browser to the provider; `accountId`: to link this account, null to sign in. */
async function begin(
  db: TenantDb,
  settings: AccessSettings,
  name: string,
  accountId: string | null,
  { now, sourceAddress }: { readonly now: Date; readonly sourceAddress: string | undefined },
): Promise<Outcome<z.output<typeof SsoStart>>> {
  const provider = await findProvider(db, name);
  if (!provider) return ssoUnknown(name);
  const { client_id, metadata } = provider;
  if (!metadata) return ssoNotReady(name);
  const away = await departure({ client_id, metadata }, `${place(settings).origin}${SSO_RETURN}`);
  const login = await store.beginLogin(
    db,
    provider.id,
    { accountId, network: networkOf(sourceAddress) },
    away,
    now,
  );
  return login ? { login: login.reveal(), state: away.state, url: away.url } : ssoBusy();
}

/** What came of a login that this was begun for; once. */
async function taken(db: TenantDb, login: string, accountId: string | null, now: Date) {
  if (!wellFormed('bso', login)) return ssoRefused();
  const said = await store.takeLogin(db, login, accountId, now);
  if (said.state === 'verified') return said;
  return said.state === 'pending' ? ssoPending() : ssoRefused();
}

/** Of a person's own links: made with a fresh second factor, so that nobody makes one in somebody's name. */
const own = (settings: AccessSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/account/sso',
    operationId: 'listSsoLinks',
    permission: { action: 'factors:read', resource: 'self' },
    summary: 'Who you are at OpenID providers: what signs you in in place of the password',
    response: z.object({ links: z.array(LinkView) }),
    handler: async (ctx) => ({
      links: (await store.linksOf(ctx.db, ctx.actor.accountId)).map((row) => ({
        provider: row.name,
        issuer: row.issuer,
        subject: row.subject,
        createdAt: row.created_at.toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/account/sso',
    operationId: 'startSsoLink',
    permission: { action: 'factors:change', resource: 'self', stepUp: true, person: true },
    summary: 'Begin to link your account to who you are at an OpenID provider',
    body: Begin,
    response: SsoStart,
    status: 201,
    handler: (ctx, { body }) => begin(ctx.db, settings, body.provider, ctx.actor.accountId, ctx),
  }),
  route({
    method: 'POST',
    path: '/v1/account/sso/finish',
    operationId: 'finishSsoLink',
    permission: { action: 'factors:change', resource: 'self', stepUp: true, person: true },
    summary: 'Link your account to who the provider says that you are: issuer and subject, never an address',
    body: z.strictObject({ login: Login }),
    guesses: { door: 'sso', wrong: ['sso_refused'] },
    response: LinkView.pick({ provider: true, issuer: true, subject: true }),
    handler: async (ctx, { body }) => {
      const { accountId } = ctx.actor;
      const said = await taken(ctx.db, body.login, accountId, ctx.now);
      if (isRefusal(said)) return said;
      const { providerId, provider, issuer, subject } = said;
      const done = await store.link(ctx.db, { providerId, subject, accountId }, ctx.now);
      if (done === 'linked') return { provider, issuer, subject };
      return done === 'subject-taken' ? ssoSubjectTaken() : ssoLinked(provider);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/account/sso/:provider',
    operationId: 'removeSsoLink',
    permission: { action: 'factors:change', resource: 'self', stepUp: true, person: true },
    summary: 'Unlink your account from an OpenID provider',
    params: z.strictObject({ provider: ProviderName }),
    response: Done,
    handler: async (ctx, { params }) => {
      const provider = await findProvider(ctx.db, params.provider);
      const gone = provider && (await store.unlink(ctx.db, ctx.actor.accountId, provider.id));
      return gone ? ok : ssoLinkNotFound(params.provider);
    },
  }),
];

/** Sign-in at a provider: it stands in the place of the password, and the session that comes of it is a half one. */
const signIn = (settings: AccessSettings): Row[] => [
  publicRoute({
    method: 'GET',
    path: '/v1/sessions/sso',
    operationId: 'listSsoProviders',
    permission: 'public',
    summary: 'OpenID providers that people sign in with here',
    response: z.object({ providers: z.array(ProviderName) }),
    handler: (ctx) =>
      ctx.signIn(async (db) => ({
        providers: (await listProviders(db)).filter((row) => row.metadata).map((row) => row.name),
      })),
  }),
  publicRoute({
    method: 'POST',
    path: '/v1/sessions/sso',
    operationId: 'startSsoSignIn',
    permission: 'public',
    summary: 'Begin to sign in at an OpenID provider: where the browser goes',
    body: Begin,
    guesses: 'nothing',
    response: SsoStart,
    status: 201,
    handler: (ctx, { body }) => ctx.signIn((db) => begin(db, settings, body.provider, null, ctx)),
  }),
  publicRoute({
    method: 'POST',
    path: '/v1/sessions/sso/answer',
    operationId: 'answerSso',
    permission: 'public',
    summary: 'Hand over what the provider sent back with the browser; the agent asks the provider about it',
    body: SsoAnswer,
    guesses: { door: 'sso', wrong: ['sso_refused'] },
    response: Done,
    handler: async (ctx, { body }) => {
      if (!wellFormed('bso', body.login)) return ssoRefused();
      // A row of the queue is made, which sign-in alone may not; what it is about is known by its key and state only.
      return ctx.operator(async (db): Promise<Outcome<typeof ok>> => {
        if (!(await store.mayAnswer(db, body.login, ctx.now))) return ssoBusy();
        const loginId = await store.answerLogin(db, body, ctx.now);
        if (loginId === undefined) return ssoRefused();
        await submit(db, {
          kind: 'access.finish-sso',
          target: `sso:${loginId}`,
          organizationId: null,
          input: { loginId },
          actor: 'unknown',
          requestId: ctx.requestId,
        });
        return ok;
      });
    },
  }),
  publicRoute({
    method: 'POST',
    path: '/v1/sessions/sso/finish',
    operationId: 'finishSsoSignIn',
    permission: 'public',
    summary: 'Ask what the provider said; the session does nothing until the second factor is proven',
    body: z.strictObject({
      login: Login,
      device: DeviceName.default('a browser'),
    }),
    guesses: { door: 'sso', wrong: ['sso_refused'] },
    response: SignedIn,
    status: 201,
    handler: (ctx, { body }) =>
      ctx.signIn(async (db) => {
        const said = await taken(db, body.login, null, ctx.now);
        if (isRefusal(said)) return said;
        const { providerId, provider, subject } = said;
        const account = await store.accountOfSubject(db, providerId, subject, ctx.now);
        const how = `sso:${provider}`;
        if (account) return signedIn(db, ctx, account, fromOf(ctx, body.device, 'web'), null, how);
        await recordSignIn(db, 'unknown', ctx, { action: 'sessions:start', denied: true, how });
        return ssoNotLinked(provider);
      }),
  }),
];

/** Single sign-on by OpenID Connect. */
export const ssoRoutes = (settings: AccessSettings): Row[] => [...signIn(settings), ...own(settings)];
