import { join } from 'node:path';
import { z } from 'zod';
import { type Context, fileRoute, type Row, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { ProjectName } from '../organizations/model.ts';
import { exportGone, exportNotReady } from './errors.ts';
import { Export, exportTarget, Recipient } from './model.ts';
import * as store from './store.ts';

const ProjectParams = z.strictObject({ project: ProjectName });
const Asked = Accepted.extend({ exportId: z.uuid() });

async function make(ctx: Context<'project'>, recipient: string | null) {
  const { organizationId, projectId } = ctx.scope;
  const wish = { organizationId, projectId, requestedBy: ctx.actor.name, recipient };
  const exportId = await store.ask(ctx.db, wish);
  const { operationId } = await ctx.submit({
    kind: 'exports.make',
    target: exportTarget(exportId),
    input: { exportId },
  });
  return { exportId, operationId };
}

/** Everything of a project, to take elsewhere. */
export const exportsRoutes = ({ exports }: { readonly exports: string }): Row[] => [
  route({
    method: 'POST',
    path: '/v1/projects/:project/exports',
    operationId: 'exportProject',
    permission: { action: 'projects:export', resource: 'project' },
    summary: 'Export everything of a project in open formats; of config vars the names only',
    params: ProjectParams,
    response: Asked,
    status: 202,
    handler: (ctx) => make(ctx, null),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/exports/with-values',
    operationId: 'exportProjectWithValues',
    permission: { action: 'projects:export-values', resource: 'project', stepUp: true },
    summary: 'The same with the values of config vars, encrypted to an age recipient',
    params: ProjectParams,
    body: z.strictObject({ recipient: Recipient }),
    response: Asked,
    status: 202,
    handler: (ctx, { body }) => make(ctx, body.recipient),
  }),
  route({
    method: 'GET',
    path: '/v1/projects/:project/exports',
    operationId: 'listExports',
    permission: { action: 'projects:export', resource: 'project' },
    summary: 'Exports of a project, newest first',
    params: ProjectParams,
    response: z.object({ exports: z.array(Export) }),
    handler: async ({ db, scope }) => ({ exports: await store.exportsOf(db, scope.projectId) }),
  }),
  fileRoute({
    method: 'POST',
    path: '/v1/projects/:project/exports/:export/download',
    operationId: 'downloadExport',
    permission: { action: 'projects:export', resource: 'project' },
    summary: 'The archive of an export',
    params: z.strictObject({
      project: ProjectName,
      export: z.uuid().meta({ description: 'Id of the export' }),
    }),
    async handler({ db, scope }, { params }) {
      const [found] = await store.exportsOf(db, scope.projectId, params.export);
      if (!found || found.status === 'gone') return exportGone();
      if (found.status !== 'ready') return exportNotReady();
      return {
        path: join(exports, `${found.id}.tar`),
        name: `${scope.name}-${found.createdAt.slice(0, 10)}.tar`,
      };
    },
  }),
];
