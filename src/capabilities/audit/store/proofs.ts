import { consistencyRanges, inclusionRanges, proofOf, subtrees } from '../../../kernel/merkle.ts';
import { hashIn } from '../tree.ts';
import { type Db, hashesAt } from './leaves.ts';

type Ranges = ReturnType<typeof inclusionRanges>;

async function proofs(db: Db, all: readonly Ranges[]): Promise<Buffer[][]> {
  const last = all.flatMap((ranges) =>
    ranges.flatMap(([from, to]) => subtrees(from, to).map((one) => one.last)),
  );
  const hash = hashIn(await hashesAt(db, last));
  return all.map((ranges) => proofOf(ranges, hash));
}

/** That the log of `older` entries is the beginning of that of `newer`. */
export const consistencyProof = async (db: Db, older: number, newer: number): Promise<Buffer[]> =>
  (await proofs(db, [consistencyRanges(older, newer)]))[0] ?? [];

/** That each of these places is in the tree of `size` entries. */
export const inclusionProofs = (db: Db, indexes: readonly number[], size: number): Promise<Buffer[][]> =>
  proofs(
    db,
    indexes.map((index) => inclusionRanges(index, size)),
  );
