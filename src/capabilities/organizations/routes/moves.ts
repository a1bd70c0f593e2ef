import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { DAY } from '../../access/model.ts';
import { moveBusy, moveNotFound, moveOpen, moveToItself } from '../errors.ts';
import { MOVE_DAYS, ProjectMove } from '../model/members.ts';
import { OrganizationName, ProjectName } from '../model.ts';
import * as store from '../store/moves.ts';
import { getOrganization } from '../store.ts';

const Done = z.object({ ok: z.literal(true) });

/** A project goes to another organization when an owner of each has said so. */
export const moveRoutes: Row[] = [
  route({
    method: 'POST',
    path: '/v1/projects/:project/move',
    operationId: 'offerProject',
    permission: { action: 'projects:move', resource: 'project', stepUp: true },
    summary: `Offer a project to another organization; an owner there has ${MOVE_DAYS} days to take it in`,
    params: z.strictObject({ project: ProjectName }),
    body: z.strictObject({ to: OrganizationName }),
    response: ProjectMove,
    status: 201,
    handler: async (ctx, { body }) => {
      const { organizationId, projectId, name } = ctx.scope;
      const from = (await getOrganization(ctx.db, organizationId)).name;
      if (from === body.to) return moveToItself();
      const expiresAt = new Date(ctx.now.getTime() + MOVE_DAYS * DAY);
      const by = ctx.actor.name;
      const wanted = {
        projectId,
        organizationId,
        project: name,
        from,
        to: body.to,
        by,
        now: ctx.now,
        expiresAt,
      };
      const id = await store.askMove(ctx.db, wanted);
      return { id, project: name, from, to: body.to, requestedBy: by, expiresAt: expiresAt.toISOString() };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/move',
    operationId: 'withdrawProject',
    permission: { action: 'projects:move', resource: 'project' },
    summary: 'Take the offer of a project back',
    params: z.strictObject({ project: ProjectName }),
    response: Done,
    handler: async (ctx) =>
      (await store.cancelMoves(ctx.db, ctx.scope.projectId, ctx.now))
        ? { ok: true as const }
        : moveNotFound(),
  }),
  route({
    method: 'GET',
    path: '/v1/organizations/:organization/moves',
    operationId: 'listMoves',
    permission: { action: 'organizations:read', resource: 'organization' },
    summary: 'Projects that were offered by the organization and to it',
    params: z.strictObject({ organization: OrganizationName }),
    response: z.object({ moves: z.array(ProjectMove) }),
    handler: async (ctx) => ({
      moves: (await store.listMoves(ctx.db, ctx.now)).map(({ requested_by, expires_at, ...row }) => ({
        ...row,
        requestedBy: requested_by,
        expiresAt: expires_at.toISOString(),
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/organizations/:organization/moves/:move/accept',
    operationId: 'receiveProject',
    permission: { action: 'projects:receive', resource: 'organization', stepUp: true },
    summary: 'Take in a project that was offered; deploy tokens of the old organization end',
    params: z.strictObject({
      organization: OrganizationName,
      move: z.uuid().meta({ description: 'Id of the offer' }),
    }),
    response: Done,
    handler: async (ctx, { params }) => {
      const said = await store.move(ctx.db, params.move, ctx.scope.organizationId, ctx.actor.name);
      if (said === 'gone') return moveNotFound();
      if (said === 'busy') return moveBusy();
      return said === 'open' ? moveOpen() : { ok: true as const };
    },
  }),
];
