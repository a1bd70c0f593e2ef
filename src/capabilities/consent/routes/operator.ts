import { z } from 'zod';
import { type Context, type Row, route } from '../../../api/route.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { Scope } from '../../access/model.ts';
import { breakGlassTooNew, breakGlassUnreviewable, staffAccessNotFound, staffAccessOwn } from '../errors.ts';
import { AskAccess, AskBreakGlass, GrantParam, Review, StaffGrant, StaffGrants } from '../model.ts';
import * as staff from '../store/staff.ts';
import * as store from '../store.ts';
import { decided, ended, reasonOf, shown, type View, view } from './common.ts';

const Params = z.strictObject({ grant: GrantParam });

async function asking(
  ctx: Context,
  kind: 'consent' | 'break-glass',
  body: { readonly project: string; readonly scopes: readonly Scope[]; readonly seconds: number },
): Promise<Outcome<View>> {
  const reason = reasonOf(ctx.reason);
  if (isRefusal(reason)) return reason;
  const project = await store.projectNamed(ctx.db, body.project);
  if (!project) return staffAccessNotFound();
  const id = await store.ask(ctx.db, {
    organizationId: project.organization_id,
    projectId: project.id,
    kind,
    scopes: body.scopes,
    reason,
    seconds: body.seconds,
    by: ctx.actor.accountId,
    name: ctx.actor.name,
  });
  return shown(ctx.db, id, ctx.now);
}

/** The operators' side: asking, giving back, and the way in for emergencies. */
export const operatorRoutes: Row[] = [
  route({
    method: 'POST',
    path: '/v1/platform/staff-access',
    operationId: 'requestStaffAccess',
    permission: { action: 'staff-access:ask', resource: 'platform', person: true },
    summary: 'Ask a customer for access to a project; an owner or admin there says yes or no',
    body: AskAccess,
    response: StaffGrant,
    status: 201,
    handler: (ctx, { body }) => asking(ctx, 'consent', body),
  }),
  route({
    method: 'GET',
    path: '/v1/platform/staff-access',
    operationId: 'listPlatformStaffAccess',
    permission: { action: 'staff-access:oversee', resource: 'platform' },
    summary: 'All staff access of the platform, the newest first',
    query: z.strictObject({
      open: z.enum(['true', 'false']).default('false').meta({ description: 'Only what waits or is open' }),
      kind: z.enum(['consent', 'break-glass']).optional(),
    }),
    response: StaffGrants,
    handler: async ({ db, now }, { query }) => ({
      grants: (
        await store.listGrants(db, {
          open: query.open === 'true',
          ...(query.kind ? { kind: query.kind } : {}),
        })
      ).map((row) => view(row, now)),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/platform/staff-access/:grant',
    operationId: 'giveBackStaffAccess',
    permission: { action: 'staff-access:ask', resource: 'platform' },
    summary: 'Withdraw a request, or give access back before its end',
    params: Params,
    response: StaffGrant,
    handler: async (ctx, { params }) => {
      const row = await store.findGrant(ctx.db, params.grant);
      if (!row) return staffAccessNotFound();
      return ended(ctx, row.id, row.decision === null ? 'withdrawn' : 'given-back');
    },
  }),
  route({
    method: 'POST',
    path: '/v1/platform/break-glass',
    operationId: 'requestBreakGlass',
    permission: { action: 'staff-access:ask', resource: 'platform', stepUp: true, person: true },
    summary:
      'In an emergency: ask another operator for access to a project without its consent, for an hour at most',
    body: AskBreakGlass,
    response: StaffGrant,
    status: 201,
    handler: (ctx, { body }) => asking(ctx, 'break-glass', body),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/break-glass/:grant/confirm',
    operationId: 'confirmBreakGlass',
    permission: { action: 'staff-access:ask', resource: 'platform', stepUp: true, person: true },
    summary: "Confirm another operator's break-glass; the customer is told at once",
    params: Params,
    response: StaffGrant,
    handler: async (ctx, { params }) => {
      const row = await store.findGrant(ctx.db, params.grant);
      if (row?.kind !== 'break-glass') return staffAccessNotFound();
      if (row.requested_by === ctx.actor.accountId) return staffAccessOwn();
      if (!(await staff.operatorForADay(ctx.db, ctx.actor.accountId))) return breakGlassTooNew();
      return decided(ctx, row.id, 'approved');
    },
  }),
  route({
    method: 'POST',
    path: '/v1/platform/break-glass/:grant/review',
    operationId: 'reviewBreakGlass',
    permission: { action: 'break-glass:review', resource: 'platform', stepUp: true, person: true },
    summary: 'Review a break-glass afterwards; the customer reads what was found',
    params: Params,
    body: Review,
    response: StaffGrant,
    handler: async (ctx, { params, body }) => {
      const by = { id: ctx.actor.accountId, name: ctx.actor.name };
      const done = await store.review(ctx.db, params.grant, body.finding, by);
      return done ? shown(ctx.db, params.grant, ctx.now) : breakGlassUnreviewable();
    },
  }),
];
