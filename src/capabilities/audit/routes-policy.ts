import { z } from 'zod';
import { type Context, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { forwardExists, forwardNotFound } from './errors.ts';
import { ForwardInput, ForwardName, ForwardView } from './model/forward.ts';
import { RetentionInput, RetentionQuery, RetentionView } from './model/retention.ts';
import { retentionView } from './retention.ts';
import { addForward, findForward, forwardViews, removeForward } from './store/forwards.ts';
import { dropPolicy, policy, setPolicy } from './store/retention.ts';
import { append } from './store.ts';

const Named = z.object({ name: z.string() });
const forwardParams = z.strictObject({ forward: ForwardName });

/** What was changed, beside the line that says that it was allowed. */
const say = (ctx: Context<'platform'>, action: string, detail: Record<string, unknown>) =>
  append(ctx.db, {
    ...{ actor: ctx.actor.name, action, target: 'audit-log', organizationId: null, outcome: 'done', detail },
    ...{ reason: ctx.reason, sourceAddress: ctx.sourceAddress, requestId: ctx.requestId },
  });

/** How long the log is kept, and who else gets it. Both are the operators' matter. */
export const auditPolicyRoutes = [
  route({
    method: 'GET',
    path: '/v1/platform/audit/retention',
    operationId: 'getAuditRetention',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'How long entries are kept, and what that, or another number of days, would remove now',
    query: RetentionQuery,
    response: RetentionView,
    handler: ({ db, now }, { query }) => retentionView(db, query.days, now),
  }),
  route({
    method: 'PUT',
    path: '/v1/platform/audit/retention',
    operationId: 'setAuditRetention',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary:
      'Say how long entries are kept; what is older goes within hours, and the tree holds all the same',
    body: RetentionInput,
    response: RetentionView,
    async handler(ctx, { body }) {
      const { db, actor, now } = ctx;
      const before = (await policy(db))?.days ?? null;
      await (body.days === null ? dropPolicy(db) : setPolicy(db, body.days, actor.name));
      await say(ctx, 'audit.retention', { days: body.days, before });
      return retentionView(db, undefined, now);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/platform/audit/forwards',
    operationId: 'listAuditForwards',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'Syslog servers that get the log, and how far each has got',
    response: z.object({ forwards: z.array(ForwardView) }),
    handler: async ({ db }) => ({ forwards: await forwardViews(db) }),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/audit/forwards',
    operationId: 'addAuditForward',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'Send the log to a syslog server from now on, from its beginning (RFC 5424 over TLS)',
    body: ForwardInput,
    response: Named,
    status: 201,
    async handler(ctx, { body }) {
      const { name, host, port } = body;
      if (!(await addForward(ctx.db, body, ctx.actor.name))) return forwardExists(name);
      await say(ctx, 'audit.forward-added', { name, host, port });
      return { name };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/platform/audit/forwards/:forward',
    operationId: 'removeAuditForward',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'Send the log to this server no longer',
    params: forwardParams,
    response: Named,
    async handler(ctx, { params }) {
      const name = params.forward;
      if (!(await removeForward(ctx.db, name))) return forwardNotFound(name);
      await say(ctx, 'audit.forward-removed', { name });
      return { name };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/platform/audit/forwards/:forward/test',
    operationId: 'testAuditForward',
    permission: { action: 'platform:manage', resource: 'platform' },
    summary: 'Send a test message to a syslog server',
    params: forwardParams,
    response: Accepted,
    status: 202,
    async handler({ db, submit }, { params }) {
      const name = params.forward;
      if (!(await findForward(db, name))) return forwardNotFound(name);
      return submit({ kind: 'audit.test-forward', target: `audit:forward:${name}`, input: { name } });
    },
  }),
];
