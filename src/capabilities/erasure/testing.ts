import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { newId } from '../../kernel/id.ts';
import { projectNetwork } from '../network/model.ts';

export const planNetwork = (projectId: string) => ({
  name: projectNetwork(projectId),
  driver: 'overlay' as const,
  labels: {},
  internal: false,
});

export const blob = (text: string) => createHash('sha256').update(text).digest('hex');

/** Somebody asked for the erasure, `after` milliseconds from now at the earliest. */
export async function asked(
  db: Kysely<Database>,
  place: { projectId: string; organizationId: string },
  after = -1000,
): Promise<string> {
  const id = newId();
  await db
    .insertInto('erasures')
    .values({
      id,
      organization_id: place.organizationId,
      project_id: place.projectId,
      project_name: 'shop',
      requested_by: 'ada',
      erase_after: new Date(Date.now() + after),
    })
    .execute();
  return id;
}

/** Every row of every table, as text, but those that are kept on purpose. */
export async function rowsThatSay(db: Kysely<Database>, id: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(
    db,
  );
  const kept = ['audit_log', 'erasures', 'operations', 'operation_steps'];
  const found: string[] = [];
  for (const { name } of rows.filter((row) => !kept.includes(row.name))) {
    const hits = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.table(name)} t where t::text like ${`%${id}%`}`.execute(db);
    if (hits.rows[0]!.n > 0) found.push(name);
  }
  return found;
}
