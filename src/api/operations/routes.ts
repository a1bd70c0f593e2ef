import { z } from 'zod';
import { append } from '../../capabilities/audit/store.ts';
import { SESSION_KINDS } from '../../capabilities/terminals/model.ts';
import { ended, OperationView, StepView } from '../../kernel/operation.ts';
import { noSession, notYourOperation, operationEnded } from '../errors.ts';
import { type Context, eventsRoute, type Row, route, streamRoute } from '../route.ts';
import { Input, ListQuery, OperationParams } from './model.ts';
import * as store from './store.ts';
import { follow, parsePosition } from './stream.ts';

const Done = z.object({ ok: z.literal(true) });

/** What staff type under a grant stands in the customer's audit log: in it, the statements that a database was asked. */
const typed = (ctx: Context<'operation'>, grant: string, data: string) =>
  append(ctx.db, {
    actor: ctx.actor.name,
    action: 'staff-access.typed',
    target: `operation:${ctx.scope.operationId}`,
    organizationId: ctx.scope.organizationId,
    outcome: 'done',
    requestId: ctx.requestId,
    operationId: ctx.scope.operationId,
    detail: { grant, typed: data.slice(0, 8192), bytes: Buffer.byteLength(data) },
  });

/** Operations: every change is one, and is looked at, followed, typed into and cancelled here. */
export const operationRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/operations',
    operationId: 'listOperations',
    permission: { action: 'operations:list', resource: 'list' },
    summary: 'Operations of your organizations, newest first',
    query: ListQuery,
    response: z.object({ operations: z.array(OperationView) }),
    handler: async (ctx, { query }) => ({ operations: await store.listOperations(ctx.db, query) }),
  }),
  route({
    method: 'GET',
    path: '/v1/operations/:operation',
    operationId: 'getOperation',
    permission: { action: 'operations:read', resource: 'operation' },
    summary: 'One operation with its steps',
    params: OperationParams,
    response: OperationView.extend({ steps: z.array(StepView) }),
    handler: async (ctx) => ({
      ...(await store.getOperation(ctx.db, ctx.scope.operationId)),
      steps: await store.stepsOf(ctx.db, ctx.scope.operationId),
    }),
  }),
  eventsRoute({
    method: 'GET',
    path: '/v1/operations/:operation/events',
    operationId: 'followOperation',
    permission: { action: 'operations:read', resource: 'operation' },
    summary: 'Follow an operation: status, steps, log lines and output, until its end',
    params: OperationParams,
    events: (ctx, { lastEventId }) => follow(ctx, parsePosition(lastEventId)),
  }),
  route({
    method: 'POST',
    path: '/v1/operations/:operation/cancel',
    operationId: 'cancelOperation',
    permission: { action: 'operations:cancel', resource: 'operation' },
    summary: 'Ask for an operation to end; it cleans up after itself',
    params: OperationParams,
    response: Done,
    handler: async (ctx) => {
      const { status } = await store.getOperation(ctx.db, ctx.scope.operationId);
      if (ended(status)) return operationEnded();
      await store.requestCancel(ctx.db, ctx.scope.operationId);
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/operations/:operation/input',
    operationId: 'writeOperation',
    permission: { action: 'operations:write', resource: 'operation' },
    summary: 'Type into a one-off process that you started',
    params: OperationParams,
    body: Input,
    response: Done,
    handler: async (ctx, { body }) => {
      const { status, requestedBy } = await store.getOperation(ctx.db, ctx.scope.operationId);
      if (requestedBy !== ctx.actor.name) return notYourOperation();
      if (ended(status)) return operationEnded();
      await store.addInput(ctx.db, ctx.scope.operationId, body.source, body.data);
      if (ctx.grant !== undefined && body.source === 'stdin') await typed(ctx, ctx.grant, body.data);
      return { ok: true as const };
    },
  }),
  streamRoute({
    path: '/v1/operations/:operation/terminal',
    operationId: 'joinSession',
    permission: { action: 'operations:write', resource: 'operation' },
    summary: 'Join a session that you opened, as a WebSocket',
    params: OperationParams,
    join: async (ctx) => {
      const { operationId } = ctx.scope;
      const { status, requestedBy, kind } = await store.getOperation(ctx.db, operationId);
      if (requestedBy !== ctx.actor.name) return notYourOperation();
      if (!SESSION_KINDS.has(kind)) return noSession();
      return ended(status) ? operationEnded() : { operationId };
    },
  }),
];
