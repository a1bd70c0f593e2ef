import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { domainIsPlatforms, domainLimit, domainNotFound, hostTaken } from './errors.ts';
import { Domain, domainsTarget, Proof } from './model.ts';
import { checkHost, isProvable, issuerOf, proofOf } from './plan.ts';
import * as claims from './store/claims.ts';
import * as store from './store.ts';

const AppParam = z.string().max(40).meta({ description: 'Name of the app', example: 'shop' });
const HostParam = z.string().max(300).meta({ description: 'A host name', example: 'shop.example.org' });
const Asked = Accepted.extend({ host: z.string() });
const Claimed = Asked.extend({
  proof: Proof.nullable().meta({ description: 'The record that it waits for; null: it is the app’s' }),
});

/** An app has at most so many names. */
const LIMIT = 50;

export interface EdgeRoutesSettings {
  /** The platform's own domain. */
  readonly domain: string;
  /** Names of the platform's own, besides those under its domain. */
  readonly reserved?: readonly string[];
  /**
   * Which names need the organization's record in their zone: those that another organization has or had
   * (`contested`), or every one that a public authority would vouch for.
   */
  readonly proof?: 'contested' | 'always';
}

const view = (row: store.DomainRow): z.input<typeof Domain> => ({
  host: row.host,
  kind: row.kind,
  proof: null,
  certificate: row.issuer
    ? { issuer: row.issuer, notAfter: row.not_after!.toISOString(), lastError: row.last_error }
    : null,
  createdAt: row.created_at.toISOString(),
});

const claimView = ({ host, token, created_at }: claims.ClaimRow): z.input<typeof Domain> => ({
  host,
  kind: 'custom',
  proof: proofOf(host, token),
  certificate: null,
  createdAt: created_at.toISOString(),
});

/** Door 1: the names of an app. */
export const edgeRoutes = ({ domain, reserved = [], proof = 'contested' }: EdgeRoutesSettings): Row[] => {
  const needsProof = (host: string, state: claims.NameState): boolean =>
    state === 'taken' ||
    state === 'foreign' ||
    (proof === 'always' && state === 'free' && issuerOf(host, { domain, acme: true }) === 'acme');
  return [
    route({
      method: 'GET',
      path: '/v1/apps/:app/domains',
      operationId: 'listDomains',
      permission: { action: 'domains:read', resource: 'app' },
      summary: 'Names of an app and their certificates',
      params: z.strictObject({ app: AppParam }),
      response: z.object({ domains: z.array(Domain) }),
      handler: async ({ db, scope }) => ({
        domains: [
          ...(await store.domainViews(db, scope.appId)).map(view),
          ...(await claims.claimsOf(db, scope.appId)).map(claimView),
        ],
      }),
    }),
    route({
      method: 'POST',
      path: '/v1/apps/:app/domains',
      operationId: 'addDomain',
      permission: { action: 'domains:manage', resource: 'app' },
      summary:
        'Let an app answer at a name, once it is proven where it must be; it gets a certificate by itself',
      params: z.strictObject({ app: AppParam }),
      body: z.strictObject({ host: HostParam }),
      response: Claimed,
      status: 202,
      handler: async ({ db, scope, submit }, { body }) => {
        const host = checkHost(body.host, { domain, hosts: reserved });
        if (isRefusal(host)) return host;
        const { organizationId, appId } = scope;
        const known = [...(await store.domainViews(db, appId)), ...(await claims.claimsOf(db, appId))];
        if (known.length >= LIMIT && !known.some((one) => one.host === host)) return domainLimit(LIMIT);
        const state = await claims.nameState(db, host, organizationId);
        if (state === 'own' || (state === 'taken' && !isProvable(host))) return hostTaken(host);
        const target = domainsTarget(appId);
        if (isProvable(host) && needsProof(host, state)) {
          await claims.addClaim(db, { organizationId, appId, host });
          const claim = (await claims.claimsOf(db, appId)).find((one) => one.host === host)!;
          const submitted = await submit({ kind: 'edge.claim', target, input: { host } });
          return { host, proof: proofOf(host, claim.token), ...submitted };
        }
        if (!(await store.addDomain(db, { organizationId, appId, host }))) return hostTaken(host);
        return { host, proof: null, ...(await submit({ kind: 'edge.domains', target, input: {} })) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/apps/:app/domains/:host',
      operationId: 'removeDomain',
      permission: { action: 'domains:manage', resource: 'app' },
      summary: 'Let an app answer at a name no longer',
      params: z.strictObject({ app: AppParam, host: HostParam }),
      response: Asked,
      status: 202,
      handler: async ({ db, scope, submit }, { params }) => {
        const host = params.host.toLowerCase();
        const target = domainsTarget(scope.appId);
        if (await claims.removeClaim(db, scope.appId, host))
          return { host, ...(await submit({ kind: 'edge.domains', target, input: {} })) };
        const known = (await store.domainViews(db, scope.appId)).find((row) => row.host === host);
        if (!known) return domainNotFound(host);
        if (known.kind === 'platform') return domainIsPlatforms(host);
        await store.removeDomain(db, scope.appId, host);
        return { host, ...(await submit({ kind: 'edge.domains', target, input: {} })) };
      },
    }),
  ];
};
