import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { isRecorded, SessionOptions } from '../../../kernel/terminal.ts';
import { extensionNotOffered } from '../errors.ts';
import { databaseTarget, EXTENSIONS } from '../model.ts';
import { DatabaseParam, DatabaseParams, onReady, readyDatabase } from './common.ts';

const Extension = z.string().max(63).meta({ description: 'Name of an extension', example: 'pg_trgm' });

/** What is inside a database: how it is, questions to it, credentials, extensions. */
export const insideRoutes: Row[] = [
  route({
    method: 'POST',
    path: '/v1/databases/:database/info',
    operationId: 'askDatabase',
    permission: { action: 'databases:read', resource: 'database' },
    summary: 'Ask it how it is; the answer comes as an output event of the operation',
    params: DatabaseParams,
    response: Accepted,
    status: 202,
    handler: onReady(({ id }, { requestId }) => ({
      kind: 'databases.info',
      target: `stream:${requestId}`,
      input: { databaseId: id },
    })),
  }),
  route({
    method: 'POST',
    path: '/v1/databases/:database/queries',
    operationId: 'queryDatabase',
    permission: { action: 'databases:query', resource: 'database' },
    summary: 'Run its own client; statements are typed into the operation, answers come as output events',
    params: DatabaseParams,
    response: Accepted,
    status: 202,
    handler: onReady(({ id }, { requestId }) => ({
      kind: 'databases.query',
      target: `stream:${requestId}`,
      input: { databaseId: id },
    })),
  }),
  route({
    method: 'POST',
    path: '/v1/databases/:database/sessions',
    operationId: 'openDatabaseSession',
    permission: { action: 'databases:query', resource: 'database' },
    summary: 'Run its own client as queryDatabase does, at a terminal: join it with joinSession',
    params: DatabaseParams,
    body: SessionOptions,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit, requestId, grant }, { body }) => {
      const row = await readyDatabase(db, scope.databaseId);
      if (isRefusal(row)) return row;
      const record = isRecorded(body, grant);
      const input = { ...body, record, databaseId: row.id, target: `database:${row.name}` };
      return submit({ kind: 'databases.session', target: `stream:${requestId}`, input });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/databases/:database/rotation',
    operationId: 'rotateDatabase',
    permission: { action: 'databases:rotate', resource: 'database' },
    summary: 'New credentials: attached apps move to them without a failed query, then the old ones go',
    params: DatabaseParams,
    response: Accepted,
    status: 202,
    handler: onReady(({ id, credential }) => ({
      kind: 'databases.rotate',
      target: databaseTarget(id),
      input: { databaseId: id, generation: credential + 1 },
    })),
  }),
  route({
    method: 'PUT',
    path: '/v1/databases/:database/extensions/:extension',
    operationId: 'setExtension',
    permission: { action: 'databases:update', resource: 'database' },
    summary: 'Switch an extension on or off',
    params: z.strictObject({ database: DatabaseParam, extension: Extension }),
    body: z.strictObject({ on: z.boolean() }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { params, body }) => {
      const row = await readyDatabase(db, scope.databaseId);
      if (isRefusal(row)) return row;
      const offered: readonly string[] = row.engine === 'postgres' ? EXTENSIONS : [];
      if (!offered.includes(params.extension)) return extensionNotOffered(params.extension, offered);
      return submit({
        kind: 'databases.extension',
        target: databaseTarget(row.id),
        input: { databaseId: row.id, extension: params.extension, on: body.on },
      });
    },
  }),
];
