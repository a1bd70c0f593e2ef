import { z } from 'zod';
import { type Context, type Row, route } from '../../../api/route.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { Email } from '../../access/model/accounts.ts';
import { AccountName, DAY, type Role } from '../../access/model.ts';
import {
  invitationNotFound,
  invitationTooLong,
  lastOwner,
  memberExists,
  memberNotFound,
  roleAboveOwn,
} from '../errors.ts';
import { INVITATION_DAYS, Invitation, Member, MemberRole, NewInvitation } from '../model/members.ts';
import { OrganizationName } from '../model.ts';
import { mayGive } from '../plan.ts';
import * as store from '../store/members.ts';

/** How invitations are made; the frame provides it. */
export interface InvitationTokens {
  create(): { readonly token: string; readonly hash: Uint8Array };
}

const Done = z.object({ ok: z.literal(true) });
const ok = { ok: true as const };

const organization = { organization: OrganizationName };
const member = z.strictObject({ ...organization, member: AccountName });

const ownRoles = (ctx: Context<'organization'>): Role[] =>
  ctx.actor.memberships
    .filter(({ organizationId }) => organizationId === ctx.scope.organizationId)
    .map(({ role }) => role);

/** The database refuses to leave an organization without an owner, also where two are removed at the same time. */
async function keepingAnOwner(change: () => Promise<void>): Promise<Outcome<typeof ok>> {
  try {
    await change();
    return ok;
  } catch (error) {
    if (store.isLastOwner(error)) return lastOwner();
    throw error;
  }
}

const invite = (tokens: InvitationTokens) =>
  route({
    method: 'POST',
    path: '/v1/organizations/:organization/invitations',
    operationId: 'inviteMember',
    permission: { action: 'members:invite', resource: 'organization', stepUp: true },
    summary: 'Invite an e-mail address as a role that is not above your own; shown this one time',
    params: z.strictObject(organization),
    body: z.strictObject({
      email: Email,
      role: MemberRole,
      days: z
        .int()
        .min(1)
        .default(INVITATION_DAYS.default)
        .meta({ description: `Days in which it can be accepted, ${INVITATION_DAYS.most} at most` }),
    }),
    response: NewInvitation,
    status: 201,
    handler: async (ctx, { body }) => {
      if (body.days > INVITATION_DAYS.most) return invitationTooLong(INVITATION_DAYS.most);
      if (!mayGive(ownRoles(ctx), body.role)) return roleAboveOwn(body.role);
      const { organizationId } = ctx.scope;
      const email = body.email.toLowerCase();
      if (await store.isMemberAddress(ctx.db, organizationId, email)) return memberExists();
      const { token, hash } = tokens.create();
      const expiresAt = new Date(ctx.now.getTime() + body.days * DAY);
      const id = await store.invite(ctx.db, {
        organizationId,
        email,
        role: body.role,
        hash,
        invitedBy: ctx.actor.accountId,
        now: ctx.now,
        expiresAt,
      });
      return { id, invitation: token, email, role: body.role, expiresAt: expiresAt.toISOString() };
    },
  });

const rest: Row[] = [
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/members',
    operationId: 'listMembers',
    permission: { action: 'members:read', resource: 'organization' },
    summary: 'Who belongs to an organization, and as what',
    params: z.strictObject(organization),
    response: z.object({ members: z.array(Member) }),
    handler: async (ctx) => ({
      members: (await store.listMembers(ctx.db, ctx.scope.organizationId)).map((row) => ({
        name: row.name,
        email: row.email,
        role: MemberRole.parse(row.role),
        secondFactor: row.secondFactor,
      })),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/invitations',
    operationId: 'listInvitations',
    permission: { action: 'members:invite', resource: 'organization' },
    summary: 'Invitations that wait to be accepted',
    params: z.strictObject(organization),
    response: z.object({ invitations: z.array(Invitation) }),
    handler: async (ctx) => ({
      invitations: (await store.listInvitations(ctx.db, ctx.scope.organizationId, ctx.now)).map((row) => ({
        id: row.id,
        email: row.email,
        role: MemberRole.parse(row.role),
        invitedBy: row.invitedBy ?? 'a former member',
        expiresAt: row.expires_at.toISOString(),
      })),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/organizations/:organization/invitations/:invitation',
    operationId: 'revokeInvitation',
    permission: { action: 'members:invite', resource: 'organization' },
    summary: 'Revoke an invitation, at once',
    params: z.strictObject({
      ...organization,
      invitation: z.uuid().meta({ description: 'Id of the invitation' }),
    }),
    response: Done,
    handler: async (ctx, { params }) =>
      (await store.revokeInvitation(ctx.db, ctx.scope.organizationId, params.invitation, ctx.now))
        ? ok
        : invitationNotFound(),
  }),
  route({
    method: 'PATCH',
    path: '/v1/organizations/:organization/members/:member',
    operationId: 'setMemberRole',
    permission: { action: 'members:manage', resource: 'organization', stepUp: true },
    summary: 'Change what a member is',
    params: member,
    body: z.strictObject({ role: MemberRole }),
    response: Done,
    handler: async (ctx, { params, body }) => {
      if (!mayGive(ownRoles(ctx), body.role)) return roleAboveOwn(body.role);
      const { organizationId } = ctx.scope;
      const found = await store.findMember(ctx.db, organizationId, params.member);
      if (!found) return memberNotFound(params.member);
      return keepingAnOwner(() => store.setRole(ctx.db, organizationId, found.id, body.role));
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/organizations/:organization/members/:member',
    operationId: 'removeMember',
    permission: { action: 'members:manage', resource: 'organization', stepUp: true },
    summary: 'Remove a member; what he may ends at once, and so do his invitations',
    params: member,
    response: Done,
    handler: async (ctx, { params }) => {
      const { organizationId } = ctx.scope;
      const found = await store.findMember(ctx.db, organizationId, params.member);
      if (!found) return memberNotFound(params.member);
      return keepingAnOwner(() => store.removeMember(ctx.db, organizationId, found.id));
    },
  }),
];

/** Who belongs to an organization. */
export const memberRoutes = (tokens: InvitationTokens): Row[] => [invite(tokens), ...rest];
