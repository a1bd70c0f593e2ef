import { z } from 'zod';
import { leafOf, rootOf, signedRoot } from './tree.ts';

const Line = z.object({
  index: z.int(),
  previous: z.string(),
  sealedAt: z.string(),
  committed: z.record(z.string(), z.string()),
  entry: z.record(z.string(), z.unknown()),
  proof: z.array(z.string()),
});

/** What of these lines is proven by this checkpoint. Raw facts; the judge judges them. */
export function provenIn(
  page: { readonly size: number; readonly key: string; readonly checkpoint: string } | undefined,
  lines: readonly unknown[],
) {
  const root = page && signedRoot(page.checkpoint, page.key, page.size);
  const unproven = lines.flatMap((one, n) => {
    const read = Line.safeParse(one);
    if (!read.success) return [n];
    const { index, previous, sealedAt, committed, entry, proof } = read.data;
    const { seq, at, action, target, organizationId, outcome, requestId, operationId, detail } = entry;
    const leaf = leafOf({
      ...{ v: 1, index, previous, sealedAt, committed, seq, at, action, organizationId, outcome },
      ...{ requestId, operationId, detail, target: 'target' in committed ? null : target },
    });
    const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
    const proven = root && rootOf(leaf, index, page.size, hashes)?.equals(root);
    return proven ? [] : [index];
  });
  return { entries: lines.length, signed: root !== undefined, unproven };
}
