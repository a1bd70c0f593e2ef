import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';

const apps = (projectId: string) => sql`(select id from apps where project_id = ${projectId})`;
const databases = (projectId: string) => sql`(select id from databases where project_id = ${projectId})`;

/** Tables of a project's own, and by what a row is found to be it. */
const TABLES: Readonly<Record<string, (projectId: string) => RawBuilder<unknown>>> = {
  projects: (id) => sql`id = ${id}`,
  project_keys: (id) => sql`project_id = ${id}`,
  project_storage: (id) => sql`project_id = ${id}`,
  apps: (id) => sql`project_id = ${id}`,
  config_vars: (id) => sql`app_id in ${apps(id)}`,
  domains: (id) => sql`app_id in ${apps(id)}`,
  builds: (id) =>
    sql`id in (select build_id from releases where app_id in ${apps(id)} and status in ('live', 'superseded'))`,
  releases: (id) => sql`app_id in ${apps(id)} and status in ('live', 'superseded')`,
  databases: (id) => sql`project_id = ${id}`,
  database_credentials: (id) => sql`database_id in ${databases(id)}`,
  database_attachments: (id) => sql`database_id in ${databases(id)}`,
  volumes: (id) => sql`project_id = ${id}`,
  volume_mounts: (id) => sql`volume_id in (select id from volumes where project_id = ${id})`,
  object_stores: (id) => sql`project_id = ${id}`,
  object_credentials: (id) => sql`store_id in (select id from object_stores where project_id = ${id})`,
  object_attachments: (id) => sql`store_id in (select id from object_stores where project_id = ${id})`,
  backup_policies: (id) => sql`project_id = ${id}`,
};

/** The rows that make up a project, of one moment; undefined where it is gone. */
export async function projectTables(
  db: Kysely<Database>,
  projectId: string,
): Promise<Record<string, readonly unknown[]> | undefined> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const tables: Record<string, readonly unknown[]> = {};
      for (const [table, isOf] of Object.entries(TABLES)) {
        const { rows } = await sql<{ row: unknown }>`
        select to_jsonb(t) as row from ${sql.table(table)} t where ${isOf(projectId)}`.execute(tx);
        tables[table] = rows.map(({ row }) => row);
      }
      return tables.projects?.length ? tables : undefined;
    });
}
