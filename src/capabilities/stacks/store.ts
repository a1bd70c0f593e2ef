import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { TenantDb } from '../../db/transaction.ts';
import type { StackRecord, StackSummary } from './model.ts';

/** Records a version that was built on this node (the agent's half). The same version again changes nothing. */
export async function recordStack(db: Kysely<Database>, record: StackRecord): Promise<void> {
  await db
    .insertInto('stack_versions')
    .values({
      name: record.name,
      version: record.version,
      manifest_digest: record.manifestDigest,
      diff_ids: JSON.stringify(record.diffIds),
      packages: record.packages,
      built_at: new Date(record.builtAt),
    })
    .onConflict((conflict) => conflict.columns(['name', 'version']).doNothing())
    .execute();
}

/** All versions, the newest of each stack first. */
export async function listStacks(db: TenantDb, name?: string): Promise<StackSummary[]> {
  const rows = await db
    .selectFrom('stack_versions')
    .selectAll()
    .$if(name !== undefined, (query) => query.where('name', '=', name!))
    .orderBy('name')
    .orderBy('built_at', 'desc')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    digest: row.manifest_digest,
    packages: row.packages,
    builtAt: row.built_at.toISOString(),
  }));
}
