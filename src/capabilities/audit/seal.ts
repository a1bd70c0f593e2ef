import type { Kysely, Transaction } from 'kysely';
import type { NoteSigner } from '../../adapters/signer/notes.ts';
import type { Database } from '../../db/schema.ts';
import { type Growing, grow, rootOf, subtrees } from '../../kernel/merkle.ts';
import { renderCheckpoint } from '../../kernel/note.ts';
import { commit, leafOf, NO_LEAF } from './record.ts';
import * as leaves from './store/leaves.ts';
import { hashIn } from './tree.ts';

/** Entries that one transaction takes up. */
const BATCH = 1000;

/** The tree as the leaves have it, and the hash of the last one. */
async function grown(tx: Transaction<Database>): Promise<{ tree: Growing; last: Buffer }> {
  const size = await leaves.sizeOf(tx);
  if (size === 0) return { tree: { size, peaks: [] }, last: Buffer.from(NO_LEAF, 'hex') };
  const peaks = subtrees(0, size);
  const hash = hashIn(
    await leaves.hashesAt(
      tx,
      peaks.map(({ last }) => last),
    ),
  );
  return { tree: { size, peaks: peaks.map(hash) }, last: hash({ last: size - 1, level: 0 }) };
}

/** The tree's hash over the first `size` entries, of what their leaves completed. */
export async function rootAt(db: leaves.Db, size: number): Promise<Buffer> {
  const peaks = subtrees(0, size);
  const hash = hashIn(
    await leaves.hashesAt(
      db,
      peaks.map(({ last }) => last),
    ),
  );
  return rootOf({ size, peaks: peaks.map(hash) });
}

/** The text of a checkpoint; its time is a line below the root. */
export const checkpointText = (origin: string, tree: Growing, at: string): string =>
  renderCheckpoint({ origin, size: tree.size, root: rootOf(tree), more: [`time ${at}`] });

/**
 * Makes leaves of the entries that were committed and signs the tree's root, in ONE transaction; answers how many.
 * The order is that in which they are taken up: whoever commits late gets a late place, and nobody's place changes.
 */
export const sealSome = (db: Kysely<Database>, signer: NoteSigner, now: Date): Promise<number> =>
  db.transaction().execute(async (tx) => {
    await leaves.lockSealing(tx);
    const entries = await leaves.unsealed(tx, BATCH);
    if (entries.length === 0) return 0;
    let { tree, last } = await grown(tx);
    const sealedAt = now.toISOString();
    const made: leaves.NewLeaf[] = [];
    for (const entry of entries) {
      const index = tree.size;
      const committed = commit(entry);
      const leaf = leafOf(entry, { index, previous: last.toString('hex'), sealedAt, committed });
      const next = grow(tree, leaf);
      made.push({ index, seq: entry.seq, hashes: Buffer.concat(next.completed), previous: last, committed });
      tree = next.tree;
      last = leaf;
    }
    await leaves.addLeaves(tx, made, sealedAt);
    const note = signer.sign(checkpointText(signer.key.name, tree, sealedAt));
    await leaves.addCheckpoint(tx, { size: tree.size, note, at: sealedAt });
    return entries.length;
  });

/** All that waits. */
export async function seal(db: Kysely<Database>, signer: NoteSigner, now: () => Date): Promise<number> {
  for (let sealed = 0; ; ) {
    const some = await sealSome(db, signer, now());
    sealed += some;
    if (some < BATCH) return sealed;
  }
}
