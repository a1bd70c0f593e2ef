import { z } from 'zod';
import { organizationNotFound } from '../../api/errors.ts';
import { type Row, route } from '../../api/route.ts';
import { OrganizationName } from '../organizations/model.ts';
import { Limits, Quota, QuotaName } from './model.ts';
import * as store from './store.ts';

const Params = z.strictObject({ organization: OrganizationName });
const Quotas = z.object({ organization: z.string(), quotas: z.array(Quota) });

/** Door 1: what an organization may have; its own people see it, an operator says it. */
export const quotaRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/quotas',
    operationId: 'listQuotas',
    permission: { action: 'quotas:read', resource: 'organization' },
    summary: 'What the organization has, and what it may have at most',
    params: Params,
    response: Quotas,
    handler: async ({ db, scope }, { params }) => ({
      organization: params.organization,
      quotas: (await store.quotasOf(db, scope.organizationId)).get(params.organization) ?? [],
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/platform/quotas',
    operationId: 'listAllQuotas',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'What every organization has, and what it may have at most',
    response: z.object({ organizations: z.array(Quotas) }),
    handler: async ({ db }) => ({
      organizations: [...(await store.quotasOf(db))].map(([organization, quotas]) => ({
        organization,
        quotas,
      })),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/v1/platform/quotas/:organization',
    operationId: 'setQuotas',
    permission: { action: 'quotas:set', resource: 'platform', stepUp: true },
    summary: 'Say what an organization may have at most; what it has already stays',
    params: Params,
    body: z.strictObject({ limits: Limits }),
    response: Quotas,
    handler: async ({ db, actor }, { params, body }) => {
      const { organization } = params;
      const id = await store.organizationNamed(db, organization);
      if (id === undefined) return organizationNotFound(organization);
      for (const name of QuotaName.options) {
        const most = body.limits[name];
        if (most !== undefined) await store.setQuota(db, id, name, most, actor.name);
      }
      return { organization, quotas: (await store.quotasOf(db, id)).get(organization) ?? [] };
    },
  }),
];
