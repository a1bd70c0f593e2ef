import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import {
  appUnknown,
  databaseAttachedAlready,
  databaseElsewhere,
  databaseNotAttached,
  variableTaken,
} from '../errors.ts';
import { databaseTarget, type EngineName, MAIN_VARIABLE, ownVariable } from '../model.ts';
import * as store from '../store.ts';
import { DatabaseParam, DatabaseParams, databaseOf, readyDatabase } from './common.ts';

const AppParam = z.string().max(40).meta({ description: 'Name of the app', example: 'shop' });
const Both = z.strictObject({ database: DatabaseParam, app: AppParam });

interface Meeting {
  readonly app: NonNullable<Awaited<ReturnType<typeof store.appByName>>>;
  readonly attachments: Awaited<ReturnType<typeof store.attachmentsOfApp>>;
}

/** The app of the same project; a database is shared inside of one only. */
async function meet(db: TenantDb, database: store.DatabaseView, name: string): Promise<Outcome<Meeting>> {
  const app = await store.appByName(db, name);
  if (!app) return appUnknown(name);
  if (app.project_id !== database.project_id || app.organization_id !== database.organization_id)
    return databaseElsewhere(name, database.name);
  return { app, attachments: await store.attachmentsOfApp(db, app.id) };
}

const mainOf = (attachments: Meeting['attachments'], engine: EngineName) =>
  attachments.find((one) => one.main && MAIN_VARIABLE[one.engine] === MAIN_VARIABLE[engine]);

/** Which app knows which database. */
export const attachmentRoutes: Row[] = [
  route({
    method: 'POST',
    path: '/v1/databases/:database/attachments',
    operationId: 'attachDatabase',
    permission: { action: 'databases:attach', resource: 'database' },
    summary: 'Give an app of the same project the database, as config vars; a running app gets a new release',
    params: DatabaseParams,
    body: z.strictObject({ app: AppParam }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const row = await readyDatabase(db, scope.databaseId);
      if (isRefusal(row)) return row;
      const met = await meet(db, row, body.app);
      if (isRefusal(met)) return met;
      if (met.attachments.some((one) => one.database_id === row.id))
        return databaseAttachedAlready(body.app, row.name);
      const main = mainOf(met.attachments, row.engine) === undefined;
      const names = await store.configNames(db, met.app.id);
      const clash = [ownVariable(row.name), ...(main ? [MAIN_VARIABLE[row.engine]] : [])].find((name) =>
        names.has(name),
      );
      if (clash) return variableTaken(clash, body.app);
      const id = newId();
      await store.insertAttachment(db, {
        id,
        organizationId: scope.organizationId,
        databaseId: row.id,
        appId: met.app.id,
        main,
      });
      return submit({
        kind: 'databases.attach',
        target: databaseTarget(row.id),
        input: { databaseId: row.id, attachmentId: id },
      });
    },
  }),
  ...(
    [
      ['DELETE', '', 'detachDatabase', 'databases.detach', "Take the database from the app's config vars"],
      [
        'POST',
        '/main',
        'promoteDatabase',
        'databases.promote',
        'Make it the main database of the app: what DATABASE_URL or REDIS_URL means',
      ],
    ] as const
  ).map(([method, tail, operationId, kind, summary]) =>
    route({
      method,
      path: `/v1/databases/:database/attachments/:app${tail}`,
      operationId,
      permission: { action: 'databases:attach', resource: 'database' },
      summary,
      params: Both,
      response: Accepted,
      status: 202,
      handler: async ({ db, scope, submit }, { params }) => {
        const row = await databaseOf(db, scope.databaseId);
        const met = await meet(db, row, params.app);
        if (isRefusal(met)) return met;
        const attachment = met.attachments.find((one) => one.database_id === row.id);
        if (!attachment) return databaseNotAttached(params.app, row.name);
        if (kind === 'databases.detach') await store.startDetaching(db, attachment.id);
        return submit({
          kind,
          target: databaseTarget(row.id),
          input: { databaseId: row.id, attachmentId: attachment.id },
        });
      },
    }),
  ),
];
