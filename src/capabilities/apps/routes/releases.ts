import { z } from 'zod';
import { type Row, route, uploadRoute } from '../../../api/route.ts';
import { newId } from '../../../kernel/id.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { noRelease, releaseNotFound, uploadMissing } from '../errors.ts';
import { Release, Source } from '../model.ts';
import { appTarget, type ReleaseInput } from '../operations.ts';
import * as store from '../store.ts';
import { AppParams } from './common.ts';

const GIB = 1024 ** 3;

type ReleaseRow = NonNullable<Awaited<ReturnType<typeof store.findRelease>>>;

const view = (row: ReleaseRow) => ({
  version: row.version,
  status: row.status,
  description: row.description,
  digest: row.digest,
  processes: Object.keys(row.processes),
  config: Object.keys(row.config),
  failure: row.failure && { code: row.failure.code, message: row.failure.message, next: row.failure.next },
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  liveAt: row.live_at?.toISOString() ?? null,
});

const describe = (source: Source): string => {
  if (source.kind === 'git') return `Deploy ${source.url}${source.ref ? ` at ${source.ref}` : ''}`;
  if (source.kind === 'image') return `Deploy image ${source.digest.slice(7, 19)}`;
  return source.description ?? 'Deploy from a directory';
};

/** Deploys, releases, rollback and restart: every one of them makes a release. */
export const releaseRoutes = (): Row[] => [
  uploadRoute({
    method: 'POST',
    path: '/v1/apps/:app/sources',
    operationId: 'uploadSource',
    permission: { action: 'apps:deploy', resource: 'app' },
    summary: 'Upload a source archive (tar.gz), to be deployed next',
    params: AppParams,
    accepts: 'application/gzip',
    maxBytes: GIB,
    response: z.object({ upload: z.string() }),
    status: 201,
    handler: async (_context, { upload }) => ({ upload: upload.file }),
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/deploys',
    operationId: 'deployApp',
    permission: { action: 'apps:deploy', resource: 'app' },
    summary: 'Build a source and release it',
    params: AppParams,
    body: z.strictObject({ source: Source, description: z.string().max(200).optional() }),
    response: Accepted,
    status: 202,
    handler: async ({ db, submit, scope }, { body }) => {
      const { source } = body;
      if (source.kind === 'upload' && !(await store.uploadOf(db, scope.appId, source.upload)))
        return uploadMissing();
      const description = body.description ?? describe(source);
      const input: ReleaseInput =
        source.kind === 'image'
          ? { from: 'image', digest: source.digest, description }
          : { from: 'source', description };
      const submitted = await submit({ kind: 'apps.deploy', target: appTarget(scope.appId), input });
      if (source.kind !== 'image')
        await store.insertBuild(db, {
          id: newId(),
          organizationId: scope.organizationId,
          appId: scope.appId,
          operationId: submitted.operationId,
          source,
        });
      return submitted;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/apps/:app/releases',
    operationId: 'listReleases',
    permission: { action: 'releases:read', resource: 'app' },
    summary: 'Releases, newest first',
    params: AppParams,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
    response: z.object({ releases: z.array(Release) }),
    handler: async ({ db, scope }, { query }) => ({
      releases: (await store.releasesOf(db, scope.appId, query.limit)).map(view),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/apps/:app/releases/:version',
    operationId: 'getRelease',
    permission: { action: 'logs:read', resource: 'app' },
    summary: 'One release; of one that failed also what its processes wrote last',
    params: AppParams.extend({ version: z.coerce.number().int().min(1).max(2_000_000_000) }),
    response: Release.extend({
      lastLines: z
        .record(z.string(), z.array(z.string()))
        .nullable()
        .meta({ description: 'By process; null where none were kept' }),
    }),
    handler: async ({ db, scope }, { params }) => {
      const row = await store.releaseVersion(db, scope.appId, params.version);
      return row ? { ...view(row), lastLines: row.last_lines } : releaseNotFound(params.version);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/rollback',
    operationId: 'rollbackApp',
    permission: { action: 'apps:rollback', resource: 'app' },
    summary: 'Release an earlier version again, code and config vars',
    params: AppParams,
    body: z.strictObject({
      version: z.int().min(1).optional().meta({ description: 'The one before, unless told' }),
    }),
    response: Accepted,
    status: 202,
    handler: async ({ db, submit, scope }, { body }) => {
      if (!(await store.hasLive(db, scope.appId))) return noRelease(scope.name);
      const version = body.version ?? null;
      const description = version === null ? 'Rollback' : `Rollback to v${version}`;
      const input: ReleaseInput = { from: 'rollback', version, description };
      return submit({ kind: 'apps.release', target: appTarget(scope.appId), input });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/restart',
    operationId: 'restartApp',
    permission: { action: 'apps:restart', resource: 'app' },
    summary: 'Replace every replica, without a gap',
    params: AppParams,
    response: Accepted,
    status: 202,
    handler: async ({ db, submit, scope }) => {
      if (!(await store.hasLive(db, scope.appId))) return noRelease(scope.name);
      const input: ReleaseInput = { from: 'live', description: 'Restart' };
      return submit({ kind: 'apps.release', target: appTarget(scope.appId), input });
    },
  }),
];
