import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import type { EngineName } from '../model.ts';

/** What people see of databases; rows of their own organizations only. */
export const databaseViews = (db: TenantDb, filter: { id?: string; engine?: EngineName } = {}) =>
  db
    .selectFrom('databases as d')
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .leftJoin('databases as f', 'f.id', 'd.forked_from')
    .select([
      'd.id',
      'd.name',
      'd.engine',
      'd.version',
      'd.plan',
      'd.status',
      'd.credential',
      'd.previous',
      'd.extensions',
      'd.facts',
      'd.seen_at',
      'd.created_at',
      'd.project_id',
      'd.organization_id',
      'p.name as project',
      'f.name as forkedFrom',
      sql<
        string[]
      >`coalesce((select json_agg(a.name order by a.name) from database_attachments t join apps a on a.id = t.app_id
        where t.database_id = d.id and a.deleted_at is null), '[]')`.as('apps'),
    ])
    .where('d.status', '<>', 'destroyed')
    .$if(filter.id !== undefined, (query) => query.where('d.id', '=', filter.id!))
    .$if(filter.engine !== undefined, (query) => query.where('d.engine', '=', filter.engine!))
    .orderBy('d.name')
    .execute();
export type DatabaseView = Awaited<ReturnType<typeof databaseViews>>[number];

export const insertDatabase = (
  db: TenantDb,
  row: {
    id: string;
    organizationId: string;
    projectId: string;
    name: string;
    engine: EngineName;
    version: string;
    plan: string;
    forkedFrom?: string;
  },
) =>
  db
    .insertInto('databases')
    .values({
      id: row.id,
      organization_id: row.organizationId,
      project_id: row.projectId,
      name: row.name,
      engine: row.engine,
      version: row.version,
      plan: row.plan,
      forked_from: row.forkedFrom ?? null,
    })
    .execute();

export const hasKey = async (db: TenantDb, projectId: string): Promise<boolean> => {
  const row = await db
    .selectFrom('projects')
    .select('key_recipient')
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row?.key_recipient != null;
};

export const appByName = (db: TenantDb, name: string) =>
  db
    .selectFrom('apps')
    .select(['id', 'name', 'project_id', 'organization_id'])
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();

/** What the app is attached to already. */
export const attachmentsOfApp = (db: TenantDb, appId: string) =>
  db
    .selectFrom('database_attachments as t')
    .innerJoin('databases as d', 'd.id', 't.database_id')
    .select(['t.id', 't.database_id', 't.main', 'd.engine', 'd.name'])
    .where('t.app_id', '=', appId)
    .execute();

export const configNames = async (db: TenantDb, appId: string): Promise<ReadonlySet<string>> => {
  const rows = await db.selectFrom('config_vars').select('name').where('app_id', '=', appId).execute();
  return new Set(rows.map(({ name }) => name));
};

export const insertAttachment = (
  db: TenantDb,
  row: { id: string; organizationId: string; databaseId: string; appId: string; main: boolean },
) =>
  db
    .insertInto('database_attachments')
    .values({
      id: row.id,
      organization_id: row.organizationId,
      database_id: row.databaseId,
      app_id: row.appId,
      main: row.main,
    })
    .execute();

export const startDetaching = (db: TenantDb, id: string) =>
  db.updateTable('database_attachments').set({ detaching: true }).where('id', '=', id).execute();

export const startDestroying = (db: TenantDb, id: string) =>
  db.updateTable('databases').set({ status: 'destroying' }).where('id', '=', id).execute();
