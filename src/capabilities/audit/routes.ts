import { z } from 'zod';
import { route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { OrganizationName } from '../organizations/model.ts';
import { accountStillUsed, alertNotFound } from './errors.ts';
import {
  AlertFilter,
  AlertView,
  AuditEntry,
  AuditFilter,
  CheckpointPage,
  EraseInput,
  ExportPage,
  ExportQuery,
  LogStatus,
} from './model.ts';
import { exportPage, logStatus } from './store/export.ts';
import { checkpoints } from './store/leaves.ts';
import { list } from './store/search.ts';
import { acknowledgeAlert, alerts, isOver } from './store.ts';

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
    path: '/v1/organizations/:organization/audit/export',
    operationId: 'exportAudit',
    permission: { action: 'audit:read', resource: 'organization' },
    summary:
      'The audit log of an organization, oldest first, each entry with the proof that it is in the signed tree',
    params: z.strictObject({ organization: OrganizationName }),
    query: ExportQuery,
    response: ExportPage,
    handler: ({ db }, { query }) => exportPage(db, { ...query, whole: false }),
  }),
  route({
    method: 'GET',
    path: '/v1/platform/audit/export',
    operationId: 'exportPlatformAudit',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'The whole audit log, oldest first, from which the signed tree can be made anew',
    query: ExportQuery,
    response: ExportPage,
    handler: ({ db }, { query }) => exportPage(db, { ...query, whole: true }),
  }),
  route({
    method: 'GET',
    path: '/v1/platform/audit/checkpoints',
    operationId: 'listAuditCheckpoints',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'Signed checkpoints of the audit log, the smallest first',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0).meta({ description: 'Only of more entries' }),
    }),
    response: CheckpointPage,
    handler: async ({ db }, { query }) => ({ checkpoints: [...(await checkpoints(db, query.after))] }),
  }),
  route({
    method: 'GET',
    path: '/v1/platform/audit/status',
    operationId: 'getAuditStatus',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'How the audit log is sealed, witnessed and forwarded',
    response: LogStatus,
    handler: ({ db }) => logStatus(db),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/audit/verify',
    operationId: 'verifyAudit',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'Verify the whole audit log against its signatures and its witnesses',
    response: Accepted,
    status: 202,
    handler: (ctx) => ctx.submit({ kind: 'audit.verify', target: 'audit:verify', input: {} }),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/audit/erase',
    operationId: 'eraseFromAudit',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'Erase what is personal of an account from the audit log; the log holds all the same',
    body: EraseInput,
    response: Accepted,
    status: 202,
    handler: async (ctx, { body }) =>
      (await isOver(ctx.db, body.account))
        ? ctx.submit({ kind: 'audit.erase', target: 'audit:erase', input: body })
        : accountStillUsed(body.account),
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
