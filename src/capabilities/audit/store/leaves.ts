import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { Kept } from '../record.ts';

export type Db = Kysely<Database> | Transaction<Database>;

/** A row of the log, read the way the leaf takes it in. */
export interface KeptRow {
  seq: number;
  exact_at: string;
  actor: string;
  action: string;
  target: string;
  organization_id: string | null;
  outcome: string;
  reason: string | null;
  source_address: string | null;
  request_id: string | null;
  operation_id: string | null;
  detail: unknown;
  salt: string | null;
  erased_by: number | null;
}

/** PostgreSQL's microseconds, which a Date would round off. */
export const EXACT_AT = sql<string>`to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
export const SALT = sql<string | null>`encode(a.salt, 'hex')`;

export const keptOf = (row: KeptRow): Kept => ({
  seq: Number(row.seq),
  at: row.exact_at,
  actor: row.actor,
  action: row.action,
  target: row.target,
  organizationId: row.organization_id,
  outcome: row.outcome,
  reason: row.reason,
  sourceAddress: row.source_address,
  requestId: row.request_id,
  operationId: row.operation_id,
  detail: row.detail,
  salt: row.salt,
  erasedBy: row.erased_by === null ? null : Number(row.erased_by),
});

const COLUMNS = [
  'a.seq',
  'a.actor',
  'a.action',
  'a.target',
  'a.organization_id',
  'a.outcome',
  'a.reason',
  'a.source_address',
  'a.request_id',
  'a.operation_id',
  'a.detail',
  'a.erased_by',
] as const;

/** One sealer at a time, whoever it is, until the transaction ends. */
export const lockSealing = (tx: Transaction<Database>): Promise<unknown> =>
  sql`select pg_advisory_xact_lock(hashtext('bastide_audit_seal'))`.execute(tx);

/** Entries that are committed and no leaves yet, in the order of their numbers. */
export async function unsealed(db: Db, limit: number): Promise<Kept[]> {
  const rows = await db
    .selectFrom('audit_unsealed as u')
    .innerJoin('audit_log as a', 'a.seq', 'u.seq')
    .select([...COLUMNS, EXACT_AT.as('exact_at'), SALT.as('salt')])
    .orderBy('u.seq')
    .limit(limit)
    .execute();
  return rows.map(keptOf);
}

export interface NewLeaf {
  readonly index: number;
  readonly seq: number;
  readonly hashes: Buffer;
  readonly previous: Buffer;
  readonly committed: Readonly<Record<string, string>>;
}

/** In one statement: the leaves, and that they wait no longer. */
export async function addLeaves(
  tx: Transaction<Database>,
  leaves: readonly NewLeaf[],
  sealedAt: string,
): Promise<void> {
  const column = <T>(of: (leaf: NewLeaf) => T): T[] => leaves.map(of);
  await sql`insert into audit_leaves (index, seq, hashes, previous, committed, made_at)
    select index, seq, hashes, previous, committed, ${sealedAt}::timestamptz
    from unnest(${column((l) => l.index)}::bigint[], ${column((l) => l.seq)}::bigint[], ${column((l) => l.hashes)}::bytea[],
      ${column((l) => l.previous)}::bytea[], ${column((l) => JSON.stringify(l.committed))}::jsonb[])
      as t (index, seq, hashes, previous, committed)`.execute(tx);
  await sql`delete from audit_unsealed where seq = any(${column((l) => l.seq)}::bigint[])`.execute(tx);
}

export async function sizeOf(db: Db): Promise<number> {
  const row = await db
    .selectFrom('audit_leaves')
    .select('index')
    .orderBy('index', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? 0 : Number(row.index) + 1;
}

/** What leaves completed, by their index. */
export async function hashesAt(db: Db, indexes: readonly number[]): Promise<ReadonlyMap<number, Buffer>> {
  if (indexes.length === 0) return new Map();
  const rows = await db
    .selectFrom('audit_leaves')
    .select(['index', 'hashes'])
    .where('index', 'in', [...new Set(indexes)])
    .execute();
  return new Map(rows.map(({ index, hashes }) => [Number(index), Buffer.from(hashes)]));
}

export const addCheckpoint = async (
  tx: Transaction<Database>,
  made: { readonly size: number; readonly note: string; readonly at: string },
): Promise<void> =>
  void (await tx
    .insertInto('audit_checkpoints')
    .values({ size: made.size, note: made.note, made_at: made.at })
    .onConflict((conflict) => conflict.column('size').doNothing())
    .execute());

/** Checkpoints of more entries than `after`, the smallest first. */
export const checkpoints = async (
  db: Db,
  after = -1,
  limit = 1000,
): Promise<readonly { readonly size: number; readonly note: string }[]> =>
  (
    await db
      .selectFrom('audit_checkpoints')
      .select(['size', 'note'])
      .where('size', '>', after)
      .orderBy('size')
      .limit(limit)
      .execute()
  ).map(({ size, note }) => ({ size: Number(size), note }));

export async function lastCheckpoint(db: Db): Promise<{ size: number; note: string } | undefined> {
  const row = await db
    .selectFrom('audit_checkpoints')
    .select(['size', 'note'])
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { size: Number(row.size), note: row.note };
}
