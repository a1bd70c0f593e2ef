import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../../db/schema.ts';
import type { Line } from '../verify.ts';
import { EXACT_AT, type KeptRow, keptOf, SALT } from './leaves.ts';

type Db = Kysely<Database> | Transaction<Database>;

interface LineRow extends Omit<KeptRow, 'seq'> {
  index: number;
  leaf_seq: number;
  seq: number | null;
  hashes: string;
  previous: string;
  committed: Record<string, string>;
  made_at: Date;
}

const lineOf = (row: LineRow): Line => ({
  index: Number(row.index),
  seq: Number(row.leaf_seq),
  hashes: row.hashes.match(/.{64}/g) ?? [],
  previous: row.previous,
  sealedAt: row.made_at.toISOString(),
  committed: row.committed,
  entry: row.seq === null ? null : keptOf({ ...row, seq: row.seq }),
});

const selected = sql`l.index, l.seq as leaf_seq, encode(l.hashes, 'hex') as hashes, encode(l.previous, 'hex') as previous,
  l.committed, l.made_at, a.seq, ${EXACT_AT} as exact_at, a.actor, a.action, a.target, a.organization_id, a.outcome,
  a.reason, a.source_address, a.request_id, a.operation_id, a.detail, ${SALT} as salt, a.erased_by`;

/** Leaves from `from` on, with their entries where they are there, in the order of the log. */
export async function lines(db: Db, from: number, limit: number): Promise<Line[]> {
  const { rows } =
    await sql<LineRow>`select ${selected} from audit_leaves l left join audit_log a on a.seq = l.seq
    where l.index >= ${from} order by l.index limit ${limit}`.execute(db);
  return rows.map(lineOf);
}

/** The same of the entries that the tenant may see, and of no others. */
export async function ownLines(db: Db, from: number, limit: number): Promise<Line[]> {
  const { rows } = await sql<LineRow>`select ${selected} from audit_leaves l join audit_log a on a.seq = l.seq
    where l.index >= ${from} order by l.index limit ${limit}`.execute(db);
  return rows.map(lineOf);
}

/** One snapshot for as many looks as it takes. */
export const snapshot = <T>(
  db: Kysely<Database>,
  look: (tx: Transaction<Database>) => Promise<T>,
): Promise<T> =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(look);

export interface Loose {
  readonly seq: number;
  readonly at: string;
  /** Whether it waits to be sealed, as everything that was appended does. */
  readonly waits: boolean;
}

/** Entries that are no leaves: those that wait for long, and those that do not even wait. */
export async function loose(db: Db, olderThanSeconds: number, limit: number): Promise<Loose[]> {
  const { rows } = await sql<{ seq: number; exact_at: string; waits: boolean }>`
    select a.seq, ${EXACT_AT} as exact_at, u.seq is not null as waits
    from audit_log a left join audit_leaves l on l.seq = a.seq left join audit_unsealed u on u.seq = a.seq
    where l.seq is null and (u.seq is null or a.at < now() - make_interval(secs => ${olderThanSeconds}))
    order by a.seq limit ${limit}`.execute(db);
  return rows.map((row) => ({ seq: Number(row.seq), at: row.exact_at, waits: row.waits }));
}
