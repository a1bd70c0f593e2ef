import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { ProjectName } from '../organizations/model.ts';
import { erasureAsked, erasureNotAsked, erasureNotConfirmed } from './errors.ts';
import { Erasure, GRACE_DAYS } from './model.ts';
import * as store from './store.ts';

const ProjectParams = z.strictObject({ project: ProjectName });
const DAY_MS = 86_400_000;
const isDuplicate = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === '23505';

/** The end of projects, and the proof of it. */
export const erasureRoutes: Row[] = [
  route({
    method: 'POST',
    path: '/v1/projects/:project/erasure',
    operationId: 'eraseProject',
    permission: { action: 'projects:erase', resource: 'project', stepUp: true },
    summary: 'Erase a project and everything in it, after a grace period in which it can be cancelled',
    params: ProjectParams,
    body: z.strictObject({
      confirm: z
        .string()
        .max(100)
        .meta({ description: 'The name of the project once more', example: 'shop' }),
      days: z
        .int()
        .min(0)
        .max(GRACE_DAYS.most)
        .default(GRACE_DAYS.usual)
        .meta({ description: 'Days of grace; 0 erases at once', example: GRACE_DAYS.usual }),
    }),
    response: Erasure,
    status: 201,
    async handler(ctx, { body }) {
      const { scope, db, now } = ctx;
      if (body.confirm !== scope.name) return erasureNotConfirmed(scope.name);
      try {
        const id = await store.ask(db, {
          organizationId: scope.organizationId,
          projectId: scope.projectId,
          projectName: scope.name,
          requestedBy: ctx.actor.name,
          reason: ctx.reason ?? null,
          eraseAfter: new Date(now.getTime() + body.days * DAY_MS),
        });
        return (await store.erasures(db, id))[0]!;
      } catch (error) {
        if (isDuplicate(error)) return erasureAsked(scope.name);
        throw error;
      }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/erasure',
    operationId: 'cancelErasure',
    permission: { action: 'projects:erase', resource: 'project' },
    summary: 'Cancel an erasure that has not begun',
    params: ProjectParams,
    response: z.object({ cancelled: z.literal(true) }),
    async handler({ db, scope, actor, now }) {
      const cancelled = await store.cancel(db, scope.projectId, actor.name, now);
      return cancelled ? { cancelled: true as const } : erasureNotAsked(scope.name);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/erasures',
    operationId: 'listErasures',
    permission: { action: 'projects:list', resource: 'list' },
    summary: 'Erasures of projects of your organizations, with their certificates',
    response: z.object({ erasures: z.array(Erasure) }),
    handler: async ({ db }) => ({ erasures: await store.erasures(db) }),
  }),
];
