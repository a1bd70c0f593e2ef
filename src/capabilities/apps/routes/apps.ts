import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { newId } from '../../../kernel/id.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { appNameHeld, appNameTaken, projectNotReady } from '../errors.ts';
import { scaled } from '../formation.ts';
import { App, Formation, NewAppName, PLATFORM_NAME } from '../model.ts';
import { appTarget } from '../operations.ts';
import { HealthPath } from '../source/model.ts';
import * as store from '../store.ts';
import { AppParams, type AppsSettings, appOf } from './common.ts';

const ProjectParams = z.strictObject({ project: z.string().max(40) });

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505';

const view = (row: store.AppRow) => ({
  name: row.name,
  project: row.project,
  organization: row.organization,
  url: row.host ? `https://${row.host}` : '',
  formation: row.formation,
  maintenance: row.maintenance,
  healthPath: row.health_path,
  release: row.release,
  createdAt: row.created_at.toISOString(),
});

/** Apps themselves: create, look, change, destroy. */
export const appRoutes = ({ domain }: AppsSettings): Row[] => [
  route({
    method: 'GET',
    path: '/v1/apps',
    operationId: 'listApps',
    permission: { action: 'apps:list', resource: 'list' },
    summary: 'Your apps',
    response: z.object({ apps: z.array(App) }),
    handler: async ({ db }) => ({ apps: (await store.appViews(db)).map(view) }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/apps',
    operationId: 'createApp',
    permission: { action: 'apps:create', resource: 'project' },
    summary: 'Create an app',
    params: ProjectParams,
    body: z.strictObject({ name: NewAppName }),
    response: App,
    status: 201,
    handler: async ({ db, scope }, { body }) => {
      if (body.name === PLATFORM_NAME) return appNameTaken(body.name);
      const project = await store.findProject(db, scope.projectId);
      if (!project?.key_recipient) return projectNotReady(scope.name);
      const host = `${body.name}.${domain}`;
      const held = await store.hostHeld(db, host, scope.organizationId);
      if (held) return appNameHeld(body.name, held);
      const id = newId();
      const made = await store
        .insertApp(db, {
          id,
          organizationId: scope.organizationId,
          projectId: scope.projectId,
          name: body.name,
          host,
        })
        .catch((error: unknown) => {
          if (isTaken(error)) return appNameTaken(body.name);
          throw error;
        });
      if (isRefusal(made)) return made;
      return view((await store.appViews(db, id))[0]!);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/apps/:app',
    operationId: 'getApp',
    permission: { action: 'apps:read', resource: 'app' },
    summary: 'One app',
    params: AppParams,
    response: App,
    handler: async ({ db, scope }) => view((await store.appViews(db, scope.appId))[0]!),
  }),
  route({
    method: 'PATCH',
    path: '/v1/apps/:app',
    operationId: 'updateApp',
    permission: { action: 'apps:update', resource: 'app' },
    summary: 'Change the settings of an app',
    params: AppParams,
    body: z.strictObject({
      healthPath: HealthPath.optional(),
      bodyLimit: z
        .int()
        .min(1024)
        .max(1024 ** 3)
        .optional()
        .meta({ description: 'Bytes of one request body' }),
    }),
    response: App,
    handler: async ({ db, scope }, { body }) => {
      await store.updateApp(db, scope.appId, body);
      return view((await store.appViews(db, scope.appId))[0]!);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/apps/:app',
    operationId: 'destroyApp',
    permission: { action: 'apps:destroy', resource: 'app' },
    summary: 'Destroy an app: its processes, hosts and config vars',
    params: AppParams,
    response: Accepted,
    status: 202,
    handler: ({ submit, scope }) =>
      submit({ kind: 'apps.destroy', target: appTarget(scope.appId), input: {} }),
  }),
  route({
    method: 'PUT',
    path: '/v1/apps/:app/formation',
    operationId: 'scaleApp',
    permission: { action: 'apps:scale', resource: 'app' },
    summary: 'Set how many replicas each process has',
    params: AppParams,
    body: Formation.refine((formation) => Object.keys(formation).length > 0, 'name at least one process'),
    response: Accepted,
    status: 202,
    handler: async ({ db, submit, scope }, { body }) => {
      const app = await appOf(db, scope.appId);
      const live = (await store.servingReleases(db, scope.appId)).find((one) => one.traffic === 'live');
      const formation = scaled(app.formation, body, live && Object.keys(live.processes));
      if (isRefusal(formation)) return formation;
      await store.updateApp(db, scope.appId, { formation });
      return submit({ kind: 'apps.converge', target: appTarget(scope.appId), input: {} });
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/apps/:app/maintenance',
    operationId: 'setMaintenance',
    permission: { action: 'apps:maintenance', resource: 'app' },
    summary: 'Show a maintenance page instead of the app, or the app again',
    params: AppParams,
    body: z.strictObject({ on: z.boolean() }),
    response: Accepted,
    status: 202,
    handler: async ({ db, submit, scope }, { body }) => {
      await store.updateApp(db, scope.appId, { maintenance: body.on });
      return submit({ kind: 'apps.maintenance', target: appTarget(scope.appId), input: {} });
    },
  }),
];
