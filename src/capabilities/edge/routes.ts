import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { domainIsPlatforms, domainLimit, domainNotFound, hostTaken } from './errors.ts';
import { Domain } from './model.ts';
import { checkHost } from './plan.ts';
import * as store from './store.ts';

const AppParam = z.string().max(40).meta({ description: 'Name of the app', example: 'shop' });
const HostParam = z.string().max(300).meta({ description: 'A host name', example: 'shop.example.org' });
const Asked = Accepted.extend({ host: z.string() });

/** An app has at most so many names. */
const LIMIT = 50;

export interface EdgeRoutesSettings {
  /** The platform's own domain. */
  readonly domain: string;
  /** Names of the platform's own, besides those under its domain. */
  readonly reserved?: readonly string[];
}

const view = (row: store.DomainRow): z.input<typeof Domain> => ({
  host: row.host,
  kind: row.kind,
  certificate: row.issuer
    ? { issuer: row.issuer, notAfter: row.not_after!.toISOString(), lastError: row.last_error }
    : null,
  createdAt: row.created_at.toISOString(),
});

/** Door 1: the names of an app. */
export const edgeRoutes = ({ domain, reserved = [] }: EdgeRoutesSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/apps/:app/domains',
    operationId: 'listDomains',
    permission: { action: 'domains:read', resource: 'app' },
    summary: 'Names of an app and their certificates',
    params: z.strictObject({ app: AppParam }),
    response: z.object({ domains: z.array(Domain) }),
    handler: async ({ db, scope }) => ({ domains: (await store.domainViews(db, scope.appId)).map(view) }),
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/domains',
    operationId: 'addDomain',
    permission: { action: 'domains:manage', resource: 'app' },
    summary: 'Let an app answer at a name; it gets a certificate by itself',
    params: z.strictObject({ app: AppParam }),
    body: z.strictObject({ host: HostParam }),
    response: Asked,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const host = checkHost(body.host, { domain, hosts: reserved });
      if (isRefusal(host)) return host;
      const known = await store.domainViews(db, scope.appId);
      if (known.length >= LIMIT) return domainLimit(LIMIT);
      const added = await store.addDomain(db, {
        organizationId: scope.organizationId,
        appId: scope.appId,
        host,
      });
      if (!added) return hostTaken(host);
      return {
        host,
        ...(await submit({ kind: 'edge.domains', target: `domains:${scope.appId}`, input: {} })),
      };
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
      const known = (await store.domainViews(db, scope.appId)).find((row) => row.host === host);
      if (!known) return domainNotFound(host);
      if (known.kind === 'platform') return domainIsPlatforms(host);
      await store.removeDomain(db, scope.appId, host);
      return {
        host,
        ...(await submit({ kind: 'edge.domains', target: `domains:${scope.appId}`, input: {} })),
      };
    },
  }),
];
