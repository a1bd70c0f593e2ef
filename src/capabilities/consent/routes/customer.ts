import { z } from 'zod';
import { type Context, type Row, route } from '../../../api/route.ts';
import { OrganizationName, ProjectName } from '../../organizations/model.ts';
import { staffAccessNotFound, staffAccessOwn } from '../errors.ts';
import { GrantHistory, GrantParam, StaffGrant, StaffGrants } from '../model.ts';
import * as store from '../store.ts';
import { decided, ended, view } from './common.ts';

const Params = z.strictObject({ organization: OrganizationName, grant: GrantParam });

/** A request to this organization that it may decide; a break-glass is not asked of it. */
const asked = async (ctx: Context<'organization'>, id: string) => {
  const row = await store.findGrant(ctx.db, id);
  return row?.organization_id === ctx.scope.organizationId && row.kind === 'consent' ? row : undefined;
};

/** Yes, which takes a fresh second factor, or no. Nobody answers himself. */
const answer = (how: 'approve' | 'decline') =>
  route({
    method: 'POST',
    path: `/v1/organizations/:organization/staff-access/:grant/${how}`,
    operationId: how === 'approve' ? 'approveStaffAccess' : 'declineStaffAccess',
    permission: {
      action: 'staff-access:decide',
      resource: 'organization',
      ...(how === 'approve' ? { stepUp: true } : {}),
      person: true,
    },
    summary:
      how === 'approve'
        ? 'Let an operator in, for the time and the scope that were asked for'
        : 'Decline a request for staff access',
    params: Params,
    response: StaffGrant,
    handler: async (ctx, { params }) => {
      const row = await asked(ctx, params.grant);
      if (!row) return staffAccessNotFound();
      if (row.requested_by === ctx.actor.accountId) return staffAccessOwn();
      return decided(ctx, row.id, how === 'approve' ? 'approved' : 'declined');
    },
  });

/** The customer's side: who asks, yes or no, the end of it, and what was done. */
export const customerRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/staff-access',
    operationId: 'listStaffRequests',
    permission: { action: 'staff-access:read', resource: 'organization' },
    summary: 'Staff access that is asked for or open in an organization',
    params: z.strictObject({ organization: OrganizationName }),
    response: StaffGrants,
    handler: async ({ db, scope, now }) => ({
      grants: (await store.listGrants(db, { organizationId: scope.organizationId, open: true })).map((row) =>
        view(row, now),
      ),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/projects/:project/staff-access',
    operationId: 'listStaffGrants',
    permission: { action: 'staff-access:read', resource: 'project' },
    summary: 'All staff access to a project that there ever was, the newest first',
    params: z.strictObject({ project: ProjectName }),
    response: StaffGrants,
    handler: async ({ db, scope, now }) => ({
      grants: (await store.listGrants(db, { projectId: scope.projectId, open: false })).map((row) =>
        view(row, now),
      ),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/staff-access/:grant',
    operationId: 'showStaffGrant',
    permission: { action: 'staff-access:history', resource: 'organization' },
    summary: 'One grant of staff access, and everything that was done under it',
    params: Params,
    response: GrantHistory,
    handler: async ({ db, scope, now }, { params }) => {
      const row = await store.findGrant(db, params.grant);
      if (row?.organization_id !== scope.organizationId) return staffAccessNotFound();
      return { ...view(row, now), deeds: await store.deedsOf(db, row.id) };
    },
  }),
  answer('approve'),
  answer('decline'),
  route({
    method: 'POST',
    path: '/v1/organizations/:organization/staff-access/:grant/revoke',
    operationId: 'revokeStaffAccess',
    permission: { action: 'staff-access:decide', resource: 'organization' },
    summary: 'End staff access now, a break-glass too; what was begun under it ends with it',
    params: Params,
    response: StaffGrant,
    handler: async (ctx, { params }) => {
      const row = await store.findGrant(ctx.db, params.grant);
      if (row?.organization_id !== ctx.scope.organizationId) return staffAccessNotFound();
      return ended(ctx, row.id, 'revoked');
    },
  }),
];
