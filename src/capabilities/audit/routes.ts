import { z } from 'zod';
import { route } from '../../api/route.ts';
import { OrganizationName } from '../organizations/model.ts';
import { alertNotFound } from './errors.ts';
import { AlertFilter, AlertView, AuditEntry, AuditFilter } from './model.ts';
import { acknowledgeAlert, alerts, list } from './store.ts';

const Entries = z.object({ entries: z.array(AuditEntry) });
const Alerts = z.object({ alerts: z.array(AlertView) });
const AlertParam = z.uuid().meta({ description: 'Id of the alert' });
const Acknowledged = z.object({ id: z.uuid() });
const narrowed = (query: z.output<typeof AlertFilter>) => ({ all: query.all === 'true', limit: query.limit });

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
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/alerts',
    operationId: 'listAlerts',
    permission: { action: 'alerts:read', resource: 'organization' },
    summary: 'What somebody has to know of, the worst first',
    params: z.strictObject({ organization: OrganizationName }),
    query: AlertFilter,
    response: Alerts,
    handler: async ({ db, scope }, { query }) => ({
      alerts: await alerts(db, scope.organizationId, narrowed(query)),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/platform/alerts',
    operationId: 'listPlatformAlerts',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'Alerts of the whole platform, the worst first',
    query: AlertFilter,
    response: Alerts,
    handler: async ({ db }, { query }) => ({ alerts: await alerts(db, null, narrowed(query)) }),
  }),
  route({
    method: 'POST',
    path: '/v1/organizations/:organization/alerts/:alert/acknowledge',
    operationId: 'acknowledgeAlert',
    permission: { action: 'alerts:acknowledge', resource: 'organization' },
    summary: 'Say that somebody looks after an alert',
    params: z.strictObject({ organization: OrganizationName, alert: AlertParam }),
    response: Acknowledged,
    handler: async ({ db, scope, actor, now }, { params }) =>
      (await acknowledgeAlert(db, scope.organizationId, params.alert, { actor: actor.name, at: now }))
        ? { id: params.alert }
        : alertNotFound(),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/alerts/:alert/acknowledge',
    operationId: 'acknowledgePlatformAlert',
    permission: { action: 'platform:manage', resource: 'platform' },
    summary: 'Say that an operator looks after an alert',
    params: z.strictObject({ alert: AlertParam }),
    response: Acknowledged,
    handler: async ({ db, actor, now }, { params }) =>
      (await acknowledgeAlert(db, null, params.alert, { actor: actor.name, at: now }))
        ? { id: params.alert }
        : alertNotFound(),
  }),
];
