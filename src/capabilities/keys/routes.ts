import { z } from 'zod';
import { type Row, route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { ProjectName } from '../organizations/model.ts';
import { KeyGeneration, projectKeyTarget, Reason, ROOT_KEY_TARGET, RootKey } from './model.ts';
import * as store from './store.ts';

const ProjectParams = z.strictObject({ project: ProjectName });

/** Keys: how old they are, new ones, and an end to those that leaked. No route gives one away. */
export const keysRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/projects/:project/keys',
    operationId: 'listProjectKeys',
    permission: { action: 'keys:read', resource: 'project' },
    summary: "Generations of a project's key",
    params: ProjectParams,
    response: z.object({ keys: z.array(KeyGeneration) }),
    handler: async ({ db, scope }) => ({ keys: await store.keyView(db, scope.projectId) }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/keys/rotate',
    operationId: 'rotateProjectKey',
    permission: { action: 'keys:rotate', resource: 'project' },
    summary: 'Replace the key by a new generation; everything is sealed to it anew, while it serves',
    params: ProjectParams,
    response: Accepted,
    status: 202,
    handler: ({ submit, scope: { projectId } }) =>
      submit({
        kind: 'keys.rotate',
        target: projectKeyTarget(projectId),
        projectId,
        input: { projectId },
      }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/keys/retire',
    operationId: 'retireProjectKey',
    permission: { action: 'keys:rotate', resource: 'project' },
    summary: 'End a generation that somebody else may have; what it protected is replaced as far as possible',
    params: ProjectParams,
    body: z.strictObject({
      generation: z
        .int()
        .positive()
        .nullable()
        .default(null)
        .meta({ description: 'The generation that leaked; the current one unless told' }),
      reason: Reason,
    }),
    response: Accepted,
    status: 202,
    handler: ({ submit, scope: { projectId } }, { body }) =>
      submit({
        kind: 'keys.retire',
        target: projectKeyTarget(projectId),
        projectId,
        input: { projectId, ...body },
      }),
  }),
  route({
    method: 'GET',
    path: '/v1/root-keys',
    operationId: 'listRootKeys',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'Root keys, and how many project keys each wraps',
    response: z.object({ keys: z.array(RootKey) }),
    handler: async ({ db }) => ({ keys: await store.rootView(db) }),
  }),
  route({
    method: 'POST',
    path: '/v1/root-keys/rotate',
    operationId: 'rotateRootKey',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'Replace the root key; every project key is wrapped anew',
    response: Accepted,
    status: 202,
    handler: ({ submit }) => submit({ kind: 'keys.rotate-root', target: ROOT_KEY_TARGET, input: {} }),
  }),
  route({
    method: 'POST',
    path: '/v1/root-keys/retire',
    operationId: 'retireRootKey',
    permission: { action: 'platform:manage', resource: 'platform', stepUp: true },
    summary: 'End a root key that somebody else may have',
    body: z.strictObject({
      rootKeyId: z
        .string()
        .regex(/^[0-9a-f]{16}$/)
        .nullable()
        .default(null)
        .meta({ description: 'The root key that leaked; the current one unless told' }),
      reason: Reason,
    }),
    response: Accepted,
    status: 202,
    handler: ({ submit }, { body }) =>
      submit({ kind: 'keys.retire-root', target: ROOT_KEY_TARGET, input: body }),
  }),
];
