import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import { Accepted } from '../../kernel/operation.ts';
import { appTarget } from '../apps/model.ts';
import {
  mountNested,
  mountTaken,
  storageNotSuspended,
  storageShrinks,
  volumeAttached,
  volumeExists,
  volumeNotAttached,
  volumeNotFound,
  volumeNotReady,
} from './errors.ts';
import {
  DEFAULT_STORAGE_BYTES,
  GIB,
  MAX_STORAGE_GIB,
  MountPath,
  Storage,
  storageTarget,
  Volume,
  VolumeName,
} from './model.ts';
import * as store from './store.ts';

const ProjectParam = z.string().max(40).meta({ description: 'Name of the project', example: 'webshop' });
const AppParam = z.string().max(40).meta({ description: 'Name of the app', example: 'shop' });
const ProjectParams = z.strictObject({ project: ProjectParam });
const VolumeParam = z.string().max(40).meta({ description: 'Name of the volume', example: 'uploads' });
const VolumeParams = z.strictObject({ project: ProjectParam, volume: VolumeParam });
const Released = z.object({
  operationId: z.uuid().nullable().meta({ description: 'null where nothing runs yet' }),
});

const view = (row: store.VolumeRow): z.input<typeof Volume> => ({
  id: row.id,
  name: row.name,
  project: row.project,
  state: row.state === 'ready' && row.storage === 'locked' ? 'locked' : row.state,
  mounts: row.mounts,
  createdAt: row.created_at.toISOString(),
});

const within = (path: string, other: string): boolean => path.startsWith(`${other}/`);

/** Door 1: storage of a project, its volumes, and whether it stands still. */
export const volumeRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/projects/:project/storage',
    operationId: 'getStorage',
    permission: { action: 'volumes:read', resource: 'project' },
    summary: "The project's encrypted storage: its limit and what is used",
    params: ProjectParams,
    response: Storage,
    handler: async ({ db, scope }) => {
      const row = await store.storageView(db, scope.projectId);
      return {
        project: row.name,
        sizeBytes: row.size_bytes ?? DEFAULT_STORAGE_BYTES,
        usedBytes: row.used_bytes,
        encryption: 'fscrypt v2, AES-256-XTS',
        state: row.state ?? 'none',
        suspended: row.suspended_at !== null,
      };
    },
  }),
  route({
    method: 'PATCH',
    path: '/v1/projects/:project/storage',
    operationId: 'resizeStorage',
    permission: { action: 'storage:resize', resource: 'project' },
    summary: 'Give the project more room',
    params: ProjectParams,
    body: z.strictObject({
      sizeGib: z.int().min(1).max(MAX_STORAGE_GIB).meta({ description: 'The new limit in GiB', example: 50 }),
    }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const now = (await store.storageView(db, scope.projectId)).size_bytes;
      const sizeBytes = body.sizeGib * GIB;
      if (now !== null && sizeBytes < now) return storageShrinks(Math.floor(now / GIB));
      await store.wantSize(db, { ...scope, sizeBytes });
      const { projectId } = scope;
      return submit({ kind: 'volumes.resize', target: storageTarget(projectId), input: { projectId } });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/storage/rekey',
    operationId: 'rekeyStorage',
    permission: { action: 'keys:rotate', resource: 'project' },
    summary: "Encrypt a suspended project's storage anew with another key",
    params: ProjectParams,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope: { projectId }, submit }) => {
      const row = await store.storageView(db, projectId);
      if (row.suspended_at === null) return storageNotSuspended();
      return submit({ kind: 'volumes.rekey', target: storageTarget(projectId), input: { projectId } });
    },
  }),
  ...(['suspend', 'resume'] as const).map((verb) =>
    route({
      method: 'POST',
      path: `/v1/projects/:project/${verb}`,
      operationId: `${verb}Project`,
      permission: { action: 'projects:suspend', resource: 'project' },
      summary:
        verb === 'suspend'
          ? 'Stop everything of a project and lock its storage; nothing is deleted'
          : "Unlock a suspended project's storage and start it again",
      params: ProjectParams,
      response: Accepted,
      status: 202,
      handler: async ({ db, scope: { projectId }, submit }) => {
        await store.wantSuspended(db, projectId, verb === 'suspend');
        return submit({ kind: `projects.${verb}`, target: storageTarget(projectId), input: { projectId } });
      },
    }),
  ),
  route({
    method: 'GET',
    path: '/v1/projects/:project/volumes',
    operationId: 'listVolumes',
    permission: { action: 'volumes:read', resource: 'project' },
    summary: 'Volumes of a project',
    params: ProjectParams,
    response: z.object({ volumes: z.array(Volume) }),
    handler: async ({ db, scope }) => ({
      volumes: (await store.volumeViews(db, scope.projectId)).map(view),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/volumes',
    operationId: 'createVolume',
    permission: { action: 'volumes:manage', resource: 'project' },
    summary: "Create a volume in the project's encrypted storage",
    params: ProjectParams,
    body: z.strictObject({ name: VolumeName }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const { projectId, organizationId } = scope;
      const volumeId = newId();
      const added = await store.addVolume(db, { id: volumeId, organizationId, projectId, name: body.name });
      if (!added) return volumeExists(body.name);
      return submit({
        kind: 'volumes.create',
        target: storageTarget(projectId),
        input: { projectId, volumeId },
      });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/projects/:project/volumes/:volume',
    operationId: 'getVolume',
    permission: { action: 'volumes:read', resource: 'project' },
    summary: 'One volume',
    params: VolumeParams,
    response: Volume,
    handler: async ({ db, scope }, { params }) => {
      const [row] = await store.volumeViews(db, scope.projectId, params.volume);
      return row ? view(row) : volumeNotFound(params.volume);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/volumes/:volume',
    operationId: 'destroyVolume',
    permission: { action: 'volumes:manage', resource: 'project' },
    summary: 'Destroy a volume and everything in it; its backups stay',
    params: VolumeParams,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope: { projectId }, submit }, { params }) => {
      const [row] = await store.volumeViews(db, projectId, params.volume);
      if (!row) return volumeNotFound(params.volume);
      const apps = [...new Set(row.mounts.map(({ app }) => app))];
      if (apps.length > 0) return volumeAttached(row.name, apps);
      await store.dropVolume(db, row.id);
      return submit({
        kind: 'volumes.destroy',
        target: storageTarget(projectId),
        input: { projectId, volumeId: row.id },
      });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/volumes',
    operationId: 'attachVolume',
    permission: { action: 'volumes:attach', resource: 'app' },
    summary: "Show a volume of the project in an app's processes; a running app gets a new release",
    params: z.strictObject({ app: AppParam }),
    body: z.strictObject({ volume: VolumeName, path: MountPath }),
    response: Released,
    handler: async ({ db, scope, submit }, { body }) => {
      const [row] = await store.volumeViews(db, scope.projectId, body.volume);
      if (!row) return volumeNotFound(body.volume);
      if (row.state !== 'ready') return volumeNotReady(row.name);
      const mounts = await store.mountsOf(db, scope.appId);
      if (mounts.some(({ path }) => path === body.path)) return mountTaken(body.path);
      const nested = mounts.find(({ path }) => within(path, body.path) || within(body.path, path));
      if (nested) return mountNested(body.path, nested.path);
      await store.addMount(db, { ...scope, volumeId: row.id, path: body.path });
      if (!(await store.hasLiveRelease(db, scope.appId))) return { operationId: null };
      const input = { from: 'live', description: `Attach ${row.name} at ${body.path}` };
      return submit({ kind: 'apps.release', target: appTarget(scope.appId), input });
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/apps/:app/volumes/:volume',
    operationId: 'detachVolume',
    permission: { action: 'volumes:attach', resource: 'app' },
    summary: 'Show a volume no longer; what is in it stays',
    params: z.strictObject({ app: AppParam, volume: VolumeParam }),
    response: Released,
    handler: async ({ db, scope, submit }, { params }) => {
      const [row] = await store.volumeViews(db, scope.projectId, params.volume);
      if (!row) return volumeNotFound(params.volume);
      if ((await store.removeMounts(db, row.id, scope.appId)) === 0)
        return volumeNotAttached(row.name, scope.name);
      if (!(await store.hasLiveRelease(db, scope.appId))) return { operationId: null };
      const input = { from: 'live', description: `Detach ${row.name}` };
      return submit({ kind: 'apps.release', target: appTarget(scope.appId), input });
    },
  }),
];
