import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../db/schema.ts';

/** Tables of a project's own, and by which column a row is found to be it. */
const TABLES: Readonly<Record<string, string>> = {
  projects: 'id = $',
  project_keys: 'project_id = $',
  project_storage: 'project_id = $',
  apps: 'project_id = $',
  config_vars: 'app_id in (select id from apps where project_id = $)',
  domains: 'app_id in (select id from apps where project_id = $)',
  builds:
    "id in (select r.build_id from releases r join apps a on a.id = r.app_id where a.project_id = $ and r.status in ('live', 'superseded'))",
  releases: "app_id in (select id from apps where project_id = $) and status in ('live', 'superseded')",
  databases: 'project_id = $',
  database_credentials: 'database_id in (select id from databases where project_id = $)',
  database_attachments: 'database_id in (select id from databases where project_id = $)',
  volumes: 'project_id = $',
  volume_mounts: 'volume_id in (select id from volumes where project_id = $)',
  backup_policies: 'project_id = $',
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
      for (const [table, condition] of Object.entries(TABLES)) {
        const [before, after] = condition.split('$') as [string, string];
        const { rows } = await sql<{ row: unknown }>`
        select to_jsonb(t) as row from ${sql.table(table)} t where ${sql.raw(before)} ${projectId} ${sql.raw(after)}`.execute(
          tx,
        );
        tables[table] = rows.map(({ row }) => row);
      }
      return tables.projects?.length ? tables : undefined;
    });
}
