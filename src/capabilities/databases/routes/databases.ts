import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import {
  databaseInUse,
  databaseNameTaken,
  databaseNotNewer,
  databaseNoWayBack,
  databaseVersionUnknown,
  projectWithoutKey,
} from '../errors.ts';
import {
  DatabaseName,
  DatabaseView,
  DEFAULT_VERSION,
  databaseTarget,
  EngineName,
  PlanName,
  VERSIONS,
  Version,
} from '../model.ts';
import * as store from '../store.ts';
import { DatabaseParams, databaseOf, readyDatabase, view } from './common.ts';

const taken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505';

const known = (engine: EngineName, version: string): boolean =>
  (VERSIONS[engine] as readonly string[]).includes(version);

type NewDatabase = Parameters<typeof store.insertDatabase>[1];

async function insert(db: TenantDb, row: NewDatabase): Promise<Outcome<void>> {
  try {
    await store.insertDatabase(db, row);
  } catch (error) {
    if (taken(error)) return databaseNameTaken(row.name);
    throw error;
  }
}

/** Databases themselves: make, look, copy, upgrade, destroy. */
export const databaseItselfRoutes: Row[] = [
  route({
    method: 'GET',
    path: '/v1/databases',
    operationId: 'listDatabases',
    permission: { action: 'databases:list', resource: 'list' },
    summary: 'Your databases',
    query: z.strictObject({ engine: EngineName.optional() }),
    response: z.object({ databases: z.array(DatabaseView) }),
    handler: async ({ db }, { query }) => ({
      databases: (await store.databaseViews(db, query.engine ? { engine: query.engine } : {})).map(view),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/projects/:project/databases',
    operationId: 'createDatabase',
    permission: { action: 'databases:create', resource: 'project' },
    summary: 'Create a database',
    params: z.strictObject({ project: z.string().max(40) }),
    body: z.strictObject({
      name: DatabaseName,
      engine: EngineName,
      version: Version.optional().meta({ description: 'The default of its kind, unless told' }),
      plan: PlanName.default('small'),
    }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const version = body.version ?? DEFAULT_VERSION[body.engine];
      if (!known(body.engine, version)) return databaseVersionUnknown(version, VERSIONS[body.engine]);
      if (!(await store.hasKey(db, scope.projectId))) return projectWithoutKey(scope.name);
      const id = newId();
      const { organizationId, projectId } = scope;
      const { name, engine, plan } = body;
      const made = await insert(db, { id, organizationId, projectId, name, engine, version, plan });
      if (isRefusal(made)) return made;
      return submit({ kind: 'databases.create', target: databaseTarget(id), input: { databaseId: id } });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/databases/:database',
    operationId: 'getDatabase',
    permission: { action: 'databases:read', resource: 'database' },
    summary: 'One database',
    params: DatabaseParams,
    response: DatabaseView,
    handler: async ({ db, scope }) => view(await databaseOf(db, scope.databaseId)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/databases/:database',
    operationId: 'destroyDatabase',
    permission: { action: 'databases:destroy', resource: 'database' },
    summary: 'Destroy a database; a last backup is taken first unless it is waived',
    params: DatabaseParams,
    query: z.strictObject({
      backup: z.enum(['yes', 'no']).default('yes').meta({ description: 'Take a last backup first' }),
    }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { query }) => {
      const { databaseId } = scope;
      const row = await databaseOf(db, databaseId);
      if (row.apps.length > 0) return databaseInUse(row.name, row.apps);
      await store.startDestroying(db, databaseId);
      return submit({
        kind: 'databases.destroy',
        target: databaseTarget(databaseId),
        input: { databaseId, backup: query.backup === 'yes' },
      });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/databases/:database/forks',
    operationId: 'forkDatabase',
    permission: { action: 'databases:create', resource: 'database' },
    summary: 'Make a second database with the content of this one, in the same project',
    params: DatabaseParams,
    body: z.strictObject({ name: DatabaseName, plan: PlanName.optional(), version: Version.optional() }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const from = await readyDatabase(db, scope.databaseId);
      if (isRefusal(from)) return from;
      const version = body.version ?? from.version;
      if (!known(from.engine, version)) return databaseVersionUnknown(version, VERSIONS[from.engine]);
      if (Number(version) < Number(from.version)) return databaseNotNewer(version);
      const id = newId();
      const made = await insert(db, {
        id,
        organizationId: scope.organizationId,
        projectId: scope.projectId,
        name: body.name,
        engine: from.engine,
        version,
        plan: body.plan ?? from.plan,
        forkedFrom: from.id,
      });
      if (isRefusal(made)) return made;
      return submit({
        kind: 'databases.fork',
        target: databaseTarget(id),
        input: { databaseId: id, from: from.id },
      });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/databases/:database/upgrade',
    operationId: 'upgradeDatabase',
    permission: { action: 'databases:upgrade', resource: 'database' },
    summary: 'Go over to a newer version: copied and compared first, with a pause for its users',
    params: DatabaseParams,
    body: z.strictObject({ version: Version, backup: z.boolean().default(true) }),
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }, { body }) => {
      const row = await readyDatabase(db, scope.databaseId);
      if (isRefusal(row)) return row;
      if (!known(row.engine, body.version)) return databaseVersionUnknown(body.version, VERSIONS[row.engine]);
      if (Number(body.version) <= Number(row.version)) return databaseNotNewer(body.version);
      return submit({
        kind: 'databases.upgrade',
        target: databaseTarget(row.id),
        input: { databaseId: row.id, ...body },
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/databases/:database/upgrade',
    operationId: 'undoUpgrade',
    permission: { action: 'databases:upgrade', resource: 'database' },
    summary: 'Go back to the version and the content of before the upgrade; what was written since is lost',
    params: DatabaseParams,
    response: Accepted,
    status: 202,
    handler: async ({ db, scope, submit }) => {
      const row = await readyDatabase(db, scope.databaseId);
      if (isRefusal(row)) return row;
      if (!row.previous) return databaseNoWayBack(row.name);
      return submit({
        kind: 'databases.downgrade',
        target: databaseTarget(row.id),
        input: { databaseId: row.id },
      });
    },
  }),
];
