import { z } from 'zod';
import type { Seal } from '../../adapters/envelope/port.ts';
import { type Row, route } from '../../api/route.ts';
import { sealingRecipient } from '../../db/sealing.ts';
import type { TenantDb } from '../../db/transaction.ts';
import { newId } from '../../kernel/id.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import {
  projectWithoutKey,
  storeAttached,
  storeAttachedAlready,
  storeExists,
  storeNotAttached,
  storeNotFound,
  storeNotReady,
  variableTaken,
} from './errors.ts';
import {
  BucketName,
  credentialBinding,
  DEFAULT_REGION,
  Endpoint,
  KeyPair,
  ObjectStore,
  objectsTarget,
  plainEndpoint,
  Region,
  StoreName,
  variables,
} from './model.ts';
import * as store from './store.ts';

const ProjectParam = z.string().max(40).meta({ description: 'Name of the project', example: 'webshop' });
const AppParam = z.string().max(40).meta({ description: 'Name of the app', example: 'shop' });
const StoreParam = z.string().max(40).meta({ description: 'Name of the object store', example: 'uploads' });
const ProjectParams = z.strictObject({ project: ProjectParam });
const StoreParams = z.strictObject({ project: ProjectParam, store: StoreParam });

const view = (row: store.StoreView): z.input<typeof ObjectStore> => ({
  name: row.name,
  project: row.project,
  endpoint: row.endpoint,
  region: row.region,
  bucket: row.bucket,
  state: row.credential > 0 ? 'ready' : 'checking',
  accessKeyId: row.access_key_id,
  access: row.access,
  checkedAt: row.checked_at?.toISOString() ?? null,
  apps: row.apps,
  createdAt: row.created_at.toISOString(),
});

async function found(db: TenantDb, projectId: string, name: string): Promise<Outcome<store.StoreView>> {
  const [row] = await store.storeViews(db, projectId, name);
  return row ?? storeNotFound(name);
}

/** Seals what was brought to the project and keeps it beside the one in use; gives its generation. */
async function keep(
  seal: Seal,
  db: TenantDb,
  of: { storeId: string; projectId: string; organizationId: string; name: string; project: string },
  pair: z.output<typeof KeyPair>,
): Promise<Outcome<number>> {
  const recipient = await sealingRecipient(db, of.projectId);
  if (!recipient) return projectWithoutKey(of.project);
  const generation = await store.nextGeneration(db, of.storeId);
  const binding = credentialBinding(of.storeId, generation);
  const sealed = await seal(recipient, binding, new Secret(pair.secretAccessKey));
  if (isRefusal(sealed)) return sealed;
  const { storeId, organizationId } = of;
  const { accessKeyId } = pair;
  const kept = await store.insertCredential(db, { storeId, organizationId, generation, accessKeyId, sealed });
  return kept ? generation : storeNotReady(of.name);
}

/** Door 1: object stores of a project. Secrets are sealed here, to a key that this process does not have. */
export const objectsRoutes = ({ seal }: { readonly seal: Seal }): Row[] => [
  route({
    method: 'GET',
    path: '/v1/projects/:project/objects',
    operationId: 'listObjectStores',
    permission: { action: 'objects:read', resource: 'project' },
    summary: 'Object stores of a project',
    params: ProjectParams,
    response: z.object({ stores: z.array(ObjectStore) }),
    handler: async ({ db, scope }) => ({
      stores: (await store.storeViews(db, scope.projectId)).map(view),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/objects',
    operationId: 'bindObjectStore',
    permission: { action: 'objects:manage', resource: 'project' },
    summary: 'Bind a bucket at an S3-compatible provider; the provider is asked whether it takes the key',
    params: ProjectParams,
    body: KeyPair.extend({
      name: StoreName,
      endpoint: Endpoint,
      region: Region.default(DEFAULT_REGION),
      bucket: BucketName,
    }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const { projectId, organizationId } = scope;
      const { name, region, bucket } = body;
      const storeId = newId();
      const endpoint = plainEndpoint(body.endpoint);
      const of = { id: storeId, organizationId, projectId, name, endpoint, region, bucket };
      if (!(await store.insertStore(db, of))) return storeExists(name);
      const owner = { storeId, projectId, organizationId, name, project: scope.name };
      const generation = await keep(seal, db, owner, body);
      if (isRefusal(generation)) return generation;
      return submit({
        kind: 'objects.bind',
        target: objectsTarget(storeId),
        input: { storeId, generation },
      });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/projects/:project/objects/:store',
    operationId: 'getObjectStore',
    permission: { action: 'objects:read', resource: 'project' },
    summary: 'One object store',
    params: StoreParams,
    response: ObjectStore,
    handler: async ({ db, scope }, { params }) => {
      const row = await found(db, scope.projectId, params.store);
      return isRefusal(row) ? row : view(row);
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/projects/:project/objects/:store/credential',
    operationId: 'replaceObjectCredential',
    permission: { action: 'objects:manage', resource: 'project' },
    summary: 'Use another key of the provider, in every app that knows the object store',
    params: StoreParams,
    body: KeyPair,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { params, body }) => {
      const { projectId, organizationId } = scope;
      const row = await found(db, projectId, params.store);
      if (isRefusal(row)) return row;
      if (row.credential === 0) return storeNotReady(row.name);
      const owner = { storeId: row.id, projectId, organizationId, name: row.name, project: scope.name };
      const generation = await keep(seal, db, owner, body);
      if (isRefusal(generation)) return generation;
      const input = { storeId: row.id, generation };
      return submit({ kind: 'objects.replace', target: objectsTarget(row.id), input });
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/projects/:project/objects/:store',
    operationId: 'unbindObjectStore',
    permission: { action: 'objects:manage', resource: 'project' },
    summary: 'Forget an object store and its key; what is in the bucket stays there',
    params: StoreParams,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope: { projectId }, submit }, { params }) => {
      const row = await found(db, projectId, params.store);
      if (isRefusal(row)) return row;
      if (row.apps.length > 0) return storeAttached(row.name, row.apps);
      const input = { storeId: row.id };
      return submit({ kind: 'objects.unbind', target: objectsTarget(row.id), input });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/objects',
    operationId: 'attachObjectStore',
    permission: { action: 'objects:attach', resource: 'app' },
    summary: 'Give an app an object store of its project, as config vars; a running app gets a new release',
    params: z.strictObject({ app: AppParam }),
    body: z.strictObject({
      store: StoreName,
      ownNames: z.boolean().default(false).meta({
        description: "Only config vars of the object store's own name, none of the common ones",
      }),
    }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const row = await found(db, scope.projectId, body.store);
      if (isRefusal(row)) return row;
      if (row.credential === 0) return storeNotReady(row.name);
      const attached = await store.attachmentsOfApp(db, scope.appId);
      if (attached.some((one) => one.store_id === row.id)) return storeAttachedAlready(row.name, scope.name);
      const main = !body.ownNames && !attached.some((one) => one.main);
      const names = await store.configNames(db, scope.appId);
      const clash = Object.keys(variables(row.name, main)).find((name) => names.has(name));
      if (clash) return variableTaken(clash, scope.name);
      const attachmentId = newId();
      const { organizationId, appId } = scope;
      await store.insertAttachment(db, { id: attachmentId, organizationId, storeId: row.id, appId, main });
      return submit({
        kind: 'objects.attach',
        target: objectsTarget(row.id),
        input: { storeId: row.id, attachmentId },
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/apps/:app/objects/:store',
    operationId: 'detachObjectStore',
    permission: { action: 'objects:attach', resource: 'app' },
    summary: "Take the object store from the app's config vars",
    params: z.strictObject({ app: AppParam, store: StoreParam }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { params }) => {
      const row = await found(db, scope.projectId, params.store);
      if (isRefusal(row)) return row;
      const attached = await store.attachmentsOfApp(db, scope.appId);
      const attachment = attached.find((one) => one.store_id === row.id);
      if (!attachment) return storeNotAttached(row.name, scope.name);
      await store.startDetaching(db, attachment.id);
      return submit({
        kind: 'objects.detach',
        target: objectsTarget(row.id),
        input: { storeId: row.id, attachmentId: attachment.id },
      });
    },
  }),
];
