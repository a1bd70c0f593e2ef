import { sql, type Transaction } from 'kysely';
import type { Database } from '../db/schema.ts';
import type { Refusal } from '../kernel/refusal.ts';
import { operationsWaiting } from './errors.ts';
import { ends, QUEUED } from './fairness.ts';

interface Asked {
  readonly kind: string;
  readonly organizationId: string;
  readonly actor: string;
}

/**
 * Refuses `operations_waiting` where one more operation would be too many of this organization or account to wait
 * (fairness.ts). Not asked of what the platform does by itself, and that does not count either.
 */
export async function queueFull(
  tx: Transaction<Database>,
  { kind, organizationId, actor }: Asked,
): Promise<Refusal | undefined> {
  const { rows } = await sql<{ all: string; mine: string }>`
    select count(*) as all, count(*) filter (where requested_by = ${actor}) as mine from operations
    where status = 'queued' and organization_id = ${organizationId} and requested_by not like 'system:%'`.execute(
    tx,
  );
  const times = ends(kind) ? 2 : 1;
  const waiting = { all: Number(rows[0]!.all), mine: Number(rows[0]!.mine) };
  if (waiting.all >= QUEUED.organization * times)
    return operationsWaiting('Your organization has', waiting.all);
  if (waiting.mine >= QUEUED.account * times) return operationsWaiting('You have', waiting.mine);
  return undefined;
}
