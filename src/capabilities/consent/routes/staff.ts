import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { AccountName } from '../../access/model.ts';
import { staffAccountNotFound, staffLastOperator, staffMemberNotFound, staffOwnRole } from '../errors.ts';
import { AddStaff, StaffMember } from '../model.ts';
import * as store from '../store/staff.ts';

const Done = z.object({ ok: z.literal(true) });

/** Who is on the plane of the platform, and as what. One role each, and nobody gives himself one. */
export const staffRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/platform/staff',
    operationId: 'listStaff',
    permission: { action: 'staff:read', resource: 'platform' },
    summary: 'Operators, security officers and platform auditors',
    response: z.object({ staff: z.array(StaffMember) }),
    handler: async ({ db }) => ({
      staff: (await store.listStaff(db)).map(({ name, role, since, factor }) => ({
        account: name,
        role: role as z.input<typeof StaffMember>['role'],
        since: since.toISOString(),
        secondFactor: factor,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/staff',
    operationId: 'addStaff',
    permission: { action: 'staff:manage', resource: 'platform', stepUp: true, person: true },
    summary: 'Give an account with a second factor a role on the platform, in place of any other there',
    body: AddStaff,
    response: Done,
    status: 201,
    handler: async (ctx, { body }) => {
      const account = await store.candidate(ctx.db, body.account);
      if (!account) return staffAccountNotFound(body.account);
      if (account.id === ctx.actor.accountId) return staffOwnRole();
      await store.giveRole(ctx.db, account.id, body.role);
      const { requestId } = ctx;
      await store.recordStaff(ctx.db, { ...body, actor: ctx.actor.name, requestId });
      return { ok: true as const };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/platform/staff/:account',
    operationId: 'removeStaff',
    permission: { action: 'staff:manage', resource: 'platform', stepUp: true, person: true },
    summary: 'Take an account off the platform; what it may by consent ends at once',
    params: z.strictObject({ account: AccountName }),
    response: Done,
    handler: async (ctx, { params }) => {
      const member = await store.memberNamed(ctx.db, params.account);
      if (!member) return staffMemberNotFound(params.account);
      if (member.id === ctx.actor.accountId) return staffOwnRole();
      try {
        if (!(await store.dropRole(ctx.db, member.id))) return staffMemberNotFound(params.account);
      } catch (error) {
        if (store.isLastOperator(error)) return staffLastOperator();
        throw error;
      }
      const { requestId } = ctx;
      await store.recordStaff(ctx.db, { ...params, role: null, actor: ctx.actor.name, requestId });
      return { ok: true as const };
    },
  }),
];
