import { z } from 'zod';
import { route } from '../../api/route.ts';
import { OrganizationName } from '../organizations/model.ts';
import { AuditEntry, AuditFilter } from './model.ts';
import { list } from './store.ts';

const Entries = z.object({ entries: z.array(AuditEntry) });

export const auditRoutes = [
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/audit',
    operationId: 'listAudit',
    permission: { action: 'audit:read', resource: 'organization' },
    summary: 'The audit log of an organization, newest first',
    params: z.strictObject({ organization: OrganizationName }),
    query: AuditFilter,
    response: Entries,
    handler: async (ctx, { query }) => ({ entries: await list(ctx.db, query) }),
  }),
  route({
    method: 'GET',
    path: '/v1/platform/audit',
    operationId: 'listPlatformAudit',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'The audit log of the whole platform, newest first',
    query: AuditFilter,
    response: Entries,
    handler: async (ctx, { query }) => ({ entries: await list(ctx.db, query) }),
  }),
];
