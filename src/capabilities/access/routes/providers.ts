import { z } from 'zod';
import { type Context, type Row, route } from '../../../api/route.ts';
import { newId } from '../../../kernel/id.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { ssoExists, ssoUnavailable, ssoUnknown } from '../errors/sso.ts';
import { AddProvider, aboutSecret, ProviderName, ProviderView, SSO_RETURN } from '../model/sso.ts';
import * as store from '../store/providers.ts';
import { sealSeed } from '../totp.ts';
import { type AccessSettings, place, secret } from './common.ts';

const params = z.strictObject({ provider: ProviderName });

const check = (ctx: Context<'platform'>, { id, name }: { readonly id: string; readonly name: string }) =>
  ctx.submit({ kind: 'access.check-provider', target: `sso:provider:${name}`, input: { providerId: id } });

/** OpenID providers of the platform: the operators' matter. */
export const providerRoutes = (settings: AccessSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/platform/sso',
    operationId: 'listOpenIdProviders',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'OpenID providers that people may sign in with, and how the last look at each ended',
    response: z.object({ providers: z.array(ProviderView) }),
    handler: async (ctx) => ({
      providers: (await store.listProviders(ctx.db)).map((row) => ({
        name: row.name,
        issuer: row.issuer,
        clientId: row.client_id,
        redirectUri: `${place(settings).origin}${SSO_RETURN}`,
        ready: row.metadata !== null,
        checkedAt: row.checked_at?.toISOString() ?? null,
        failure: row.failure,
        createdBy: row.created_by,
        createdAt: row.created_at.toISOString(),
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/sso',
    operationId: 'addOpenIdProvider',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'Let people link their accounts to who they are at an OpenID provider, and sign in with it',
    body: AddProvider,
    response: Accepted,
    status: 202,
    handler: async (ctx, { body }) => {
      if (!settings.accountsKey) return ssoUnavailable();
      const id = newId();
      const sentSecret = sealSeed(settings.accountsKey, aboutSecret(id), secret(body.clientSecret));
      const { name, issuer, clientId, ca } = body;
      const wanted = { id, name, issuer, clientId, ca, sentSecret, by: ctx.actor.name, now: ctx.now };
      return (await store.addProvider(ctx.db, wanted)) ? check(ctx, { id, name }) : ssoExists();
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/platform/sso/:provider/secret',
    operationId: 'setOpenIdSecret',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'Give an OpenID provider another client secret',
    params,
    body: AddProvider.pick({ clientSecret: true }),
    response: Accepted,
    status: 202,
    handler: async (ctx, { params: { provider: name }, body }) => {
      const found = await store.findProvider(ctx.db, name);
      if (!found) return ssoUnknown(name);
      if (!settings.accountsKey) return ssoUnavailable();
      const sealed = sealSeed(settings.accountsKey, aboutSecret(found.id), secret(body.clientSecret));
      await store.sendSecret(ctx.db, found.id, sealed);
      return check(ctx, found);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/platform/sso/:provider/check',
    operationId: 'checkOpenIdProvider',
    permission: { action: 'platform:manage', resource: 'platform' },
    summary: 'Read what an OpenID provider says of itself anew',
    params,
    response: Accepted,
    status: 202,
    handler: async (ctx, { params: { provider: name } }) => {
      const found = await store.findProvider(ctx.db, name);
      return found ? check(ctx, found) : ssoUnknown(name);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/platform/sso/:provider',
    operationId: 'removeOpenIdProvider',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'Let nobody sign in with an OpenID provider any more; all links to it end',
    params,
    response: z.object({
      name: z.string(),
      links: z.int().meta({ description: 'How many accounts were linked' }),
    }),
    handler: async (ctx, { params: { provider: name } }) => {
      const found = await store.findProvider(ctx.db, name);
      if (!found) return ssoUnknown(name);
      const links = await store.countLinks(ctx.db, found.id);
      await store.removeProvider(ctx.db, found.id);
      return { name, links };
    },
  }),
];
