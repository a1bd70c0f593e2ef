import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import type { KeyGeneration } from '../model.ts';

interface Ages {
  readonly created_at: Date;
  readonly superseded_at: Date | null;
  readonly compromised_at: Date | null;
  readonly destroyed_at: Date | null;
  readonly reason: string | null;
}

function stateOf(row: Ages): KeyGeneration['state'] {
  if (row.destroyed_at) return 'destroyed';
  if (row.compromised_at) return 'compromised';
  return row.superseded_at ? 'old' : 'current';
}

const ages = (row: Ages) => ({
  state: stateOf(row),
  createdAt: row.created_at.toISOString(),
  supersededAt: row.superseded_at?.toISOString() ?? null,
  destroyedAt: row.destroyed_at?.toISOString() ?? null,
  reason: row.reason,
});

/** A project's key as people see it, newest generation first. The API may not read more. */
export async function keyView(db: TenantDb, projectId: string): Promise<KeyGeneration[]> {
  const rows = await db
    .selectFrom('project_keys')
    .select([
      'generation',
      'root_key_id',
      'created_at',
      'superseded_at',
      'compromised_at',
      'destroyed_at',
      'reason',
    ])
    .where('project_id', '=', projectId)
    .orderBy('generation', 'desc')
    .execute();
  return rows.map((row) => ({ generation: row.generation, rootKeyId: row.root_key_id, ...ages(row) }));
}

/** Root keys as operators see them, newest first, and what each wraps. */
export async function rootView(db: TenantDb) {
  const rows = await db
    .selectFrom('root_keys as r')
    .selectAll('r')
    .select(
      sql<number>`(select count(*)::int from project_keys k where k.root_key_id = r.id and k.destroyed_at is null)`.as(
        'keys',
      ),
    )
    .orderBy('r.created_at', 'desc')
    .execute();
  return rows.map((row) => ({ id: row.id, projectKeys: row.keys, ...ages(row) }));
}
