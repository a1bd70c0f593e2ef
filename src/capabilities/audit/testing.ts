import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { EMPTY, grow } from '../../kernel/merkle.ts';
import { commit, leafOf, NO_LEAF } from './record.ts';
import { lines } from './store/lines.ts';

const TABLES = ['audit_log', 'audit_unsealed', 'audit_leaves', 'audit_checkpoints'] as const;
type Tx = Transaction<Database>;

/** What a superuser can do: no trigger, no right and no key stops it. */
export const asSuperuser = <T>(db: Kysely<Database>, act: (tx: Tx) => Promise<T>): Promise<T> =>
  db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    return act(tx);
  });

/** Keeps a copy of the log as it is now, under a name. */
export async function copyLog(db: Kysely<Database>, name: string): Promise<void> {
  for (const table of TABLES)
    await sql`create table ${sql.ref(`${name}_${table}`)} as table ${sql.ref(table)}`.execute(db);
}

/** Puts such a copy in place of the log. */
export const putBack = (db: Kysely<Database>, name: string): Promise<void> =>
  asSuperuser(db, async (tx) => {
    for (const table of TABLES) {
      await sql`truncate ${sql.ref(table)}`.execute(tx);
      const as = table === 'audit_log' ? sql`overriding system value` : sql``;
      await sql`insert into ${sql.ref(table)} ${as} select * from ${sql.ref(`${name}_${table}`)}`.execute(tx);
    }
  });

/** What an intruder does who knows how the log is made: every leaf anew, so that all fits but the signatures. */
export async function forgeTree(tx: Tx): Promise<void> {
  let tree = EMPTY;
  let previous = NO_LEAF;
  const all = (await lines(tx, 0, 100_000)).filter(({ entry }) => entry !== null);
  await sql`delete from audit_leaves`.execute(tx);
  for (const line of all) {
    const committed = commit(line.entry!);
    const leaf = leafOf(line.entry!, { ...line, index: tree.size, previous, committed });
    const grown = grow(tree, leaf);
    await sql`insert into audit_leaves values (${tree.size}, ${line.seq}, ${Buffer.concat(grown.completed)},
      ${Buffer.from(previous, 'hex')}, ${JSON.stringify(committed)}, ${line.sealedAt})`.execute(tx);
    tree = grown.tree;
    previous = leaf.toString('hex');
  }
}

/** Puts two leaves in each other's place: their entries only, or all that they have. */
export async function swapLeaves(tx: Tx, a: number, b: number, whole: boolean): Promise<void> {
  const found = await tx.selectFrom('audit_leaves').selectAll().where('index', 'in', [a, b]).execute();
  await sql`delete from audit_leaves where index in (${a}, ${b})`.execute(tx);
  for (const leaf of found) {
    const other = found.find(({ index }) => index !== leaf.index)!;
    await tx
      .insertInto('audit_leaves')
      .values({
        ...(whole ? other : leaf),
        index: leaf.index,
        seq: other.seq,
        committed: JSON.stringify((whole ? other : leaf).committed),
      })
      .execute();
  }
}
