import { HASH_BYTES, type Subtree } from '../../kernel/merkle.ts';

/** The hash of a complete subtree, of what its last leaf completed. */
export const hashIn =
  (hashes: ReadonlyMap<number, Buffer>) =>
  ({ last, level }: Subtree): Buffer => {
    const found = hashes.get(last)?.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES);
    if (found?.length !== HASH_BYTES) throw new Error(`leaf ${last} of the audit log is damaged or gone`);
    return found;
  };
