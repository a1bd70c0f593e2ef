import { sql } from 'kysely';
import { type Bundle, Evidence, FIRST, type Signed } from '../../../../controls/contract/evidence.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import type { EvidenceView } from '../model.ts';

export interface Head {
  readonly seq: number;
  readonly digest: string;
}

/** The end of a prober's chain; locked, so that two cannot follow the same record. */
export async function headOf(db: TenantDb, proberId: string): Promise<Head> {
  await sql`select pg_advisory_xact_lock(hashtext(${`evidence:${proberId}`}))`.execute(db);
  const row = await db
    .selectFrom('evidence')
    .select(['seq', 'digest'])
    .where('prober_id', '=', proberId)
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  return row ?? { seq: 0, digest: FIRST };
}

export async function addEvidence(
  db: TenantDb,
  said: Evidence,
  entry: Signed,
  digest: string,
): Promise<void> {
  await db
    .insertInto('evidence')
    .values({
      prober_id: said.prober,
      seq: said.seq,
      digest,
      record: entry.record,
      signature: entry.signature,
      control: said.control,
      verdict: said.verdict,
      reason: said.reason,
      at: new Date(said.finishedAt),
    })
    .execute();
}

/** A control's records, newest first. */
export async function historyOf(db: TenantDb, control: string, limit: number): Promise<EvidenceView[]> {
  const rows = await db
    .selectFrom('evidence')
    .select(['prober_id', 'seq', 'digest', 'verdict', 'reason', 'record'])
    .where('control', '=', control)
    .orderBy('at', 'desc')
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const said = Evidence.parse(JSON.parse(row.record));
    return {
      prober: row.prober_id,
      seq: row.seq,
      digest: row.digest,
      verdict: row.verdict,
      reason: row.reason,
      startedAt: said.startedAt,
      finishedAt: said.finishedAt,
      world: said.world ?? null,
    };
  });
}

/** Every chain from its first record: a part of one could not be checked. */
export async function exportEvidence(db: TenantDb, now: Date): Promise<Bundle> {
  const probers = await db.selectFrom('probers').selectAll().orderBy('created_at').execute();
  const entries = await db
    .selectFrom('evidence')
    .select(['prober_id', 'record', 'signature'])
    .orderBy('prober_id')
    .orderBy('seq')
    .execute();
  return {
    format: 'bastide-evidence-bundle/1',
    exportedAt: now.toISOString(),
    probers: probers.map(({ id, position, public_key }) => ({
      id,
      position,
      publicKey: public_key,
      entries: entries
        .filter((entry) => entry.prober_id === id)
        .map(({ record, signature }) => ({ record, signature })),
    })),
  };
}
