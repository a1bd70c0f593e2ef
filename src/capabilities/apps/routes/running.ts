import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRecorded, SessionOptions } from '../../../kernel/terminal.ts';
import { noRelease } from '../errors.ts';
import { ProcessName } from '../model.ts';
import * as store from '../store.ts';
import { AppParams } from './common.ts';

const Replica = z.object({
  process: z.string(),
  version: z.int(),
  state: z.string().meta({ description: "The engine's word", example: 'running' }),
  error: z.string().nullable(),
  since: z.iso.datetime(),
});

const Command = z.array(z.string().min(1).max(4096)).min(1).max(64);

/** What runs: replicas, one-off commands, output. */
export const runningRoutes = (): Row[] => [
  route({
    method: 'GET',
    path: '/v1/apps/:app/replicas',
    operationId: 'listReplicas',
    permission: { action: 'apps:read', resource: 'app' },
    summary: 'What runs of an app, as last seen',
    params: AppParams,
    response: z.object({ replicas: z.array(Replica) }),
    handler: async ({ db, scope }) => ({
      replicas: (await store.replicasOf(db, scope.appId)).map((row) => ({
        process: row.process,
        version: row.version,
        state: row.state,
        error: row.error,
        since: row.since.toISOString(),
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/runs',
    operationId: 'runCommand',
    permission: { action: 'apps:run', resource: 'app' },
    summary: 'Run a command in a container of its own, with the code and config vars of the live release',
    params: AppParams,
    body: z.strictObject({
      command: Command,
      seconds: z.int().min(1).max(86_400).default(3600),
    }),
    response: Accepted,
    status: 202,
    handler: async ({ db, submit, scope, requestId }, { body }) => {
      if (!(await store.hasLive(db, scope.appId))) return noRelease(scope.name);
      return submit({ kind: 'apps.run', target: `stream:${requestId}`, input: body });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/sessions',
    operationId: 'openSession',
    permission: { action: 'apps:run', resource: 'app' },
    summary: 'Run a command as runCommand does, with standard input and a terminal: join it with joinSession',
    params: AppParams,
    body: SessionOptions.extend({ command: Command }),
    response: Accepted,
    status: 202,
    handler: async ({ db, submit, scope, requestId, grant }, { body }) => {
      if (!(await store.hasLive(db, scope.appId))) return noRelease(scope.name);
      const record = isRecorded(body, grant);
      const input = { ...body, record, target: `app:${scope.name}` };
      return submit({ kind: 'apps.session', target: `stream:${requestId}`, input });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/apps/:app/logs',
    operationId: 'showLogs',
    permission: { action: 'logs:read', resource: 'app' },
    summary: 'Output of the app; the lines come as output events of the operation',
    params: AppParams,
    body: z.strictObject({
      process: ProcessName.nullable().default(null),
      tail: z.int().min(0).max(10_000).default(100),
      follow: z.boolean().default(false),
    }),
    response: Accepted,
    status: 202,
    handler: ({ submit, scope, requestId }, { body }) =>
      submit({ kind: 'apps.logs', target: `stream:${requestId}`, input: { ...body, appId: scope.appId } }),
  }),
];
