import { createHash } from 'node:crypto';

// RFC 6962 section 2.1. A tree is built leaf by leaf; each leaf completes some subtrees (itself, and as many above as
// its index ends in ones). Kept with the leaf, those hashes are all that roots and proofs are ever made of.

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const HASH_BYTES = 32;
export const leafHash = (data: Uint8Array): Buffer => sha256(LEAF, data);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right);

/** The largest power of two below n; n is at least 2. */
const split = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

/** A tree that only grows: hashes of its complete subtrees, the largest first. */
export interface Growing {
  readonly size: number;
  readonly peaks: readonly Buffer[];
}
export const EMPTY: Growing = { size: 0, peaks: [] };

/** With one leaf more; `completed` are the subtrees that it completes, its own hash first. */
export function grow(tree: Growing, leaf: Buffer): { tree: Growing; completed: readonly Buffer[] } {
  const peaks = [...tree.peaks];
  const completed = [leaf];
  for (let ones = tree.size; ones % 2 === 1; ones = (ones - 1) / 2)
    completed.push(nodeHash(peaks.pop()!, completed.at(-1)!));
  peaks.push(completed.at(-1)!);
  return { tree: { size: tree.size + 1, peaks }, completed };
}

/** The tree's hash; that of nothing is the hash of nothing. */
export function rootOf({ peaks }: Growing): Buffer {
  if (peaks.length === 0) return sha256();
  return peaks.reduceRight((right, left) => nodeHash(left, right));
}

/** A complete subtree: the leaf that completes it, and its height. */
export interface Subtree {
  readonly last: number;
  readonly level: number;
}

/** The complete subtrees that leaves `from` to before `to` fall into, left to right; `from` begins a subtree. */
export function subtrees(from: number, to: number): Subtree[] {
  const found: Subtree[] = [];
  for (let at = from; at < to; ) {
    let width = 1;
    let level = 0;
    while (at % (width * 2) === 0 && at + width * 2 <= to) {
      width *= 2;
      level += 1;
    }
    at += width;
    found.push({ last: at - 1, level });
  }
  return found;
}

type Range = readonly [from: number, to: number];

/** What the proof that leaf `index` is in a tree of `size` is made of: ranges of leaves, in the proof's order. */
export function inclusionRanges(index: number, size: number): Range[] {
  const go = (from: number, to: number): Range[] => {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    return index < middle
      ? [...go(from, middle), [middle, to] as const]
      : [...go(middle, to), [from, middle] as const];
  };
  return go(0, size);
}

/** The same for the proof that a tree of `older` leaves is the beginning of one of `newer`. */
export function consistencyRanges(older: number, newer: number): Range[] {
  const go = (from: number, to: number, whole: boolean): Range[] => {
    if (older === to) return whole ? [] : [[from, to]];
    const middle = from + split(to - from);
    return older <= middle
      ? [...go(from, middle, whole), [middle, to] as const]
      : [...go(middle, to, false), [from, middle] as const];
  };
  return older === 0 || older >= newer ? [] : go(0, newer, true);
}

/** The proof's hashes, of hashes that leaves completed. */
export const proofOf = (ranges: readonly Range[], hash: (subtree: Subtree) => Buffer): Buffer[] =>
  ranges.map(([from, to]) =>
    subtrees(from, to)
      .map(hash)
      .reduceRight((right, left) => nodeHash(left, right)),
  );

/** The root that a leaf and its proof lead to; undefined where the proof has another length. RFC 9162, 2.1.3.2. */
export function rootFromInclusion(
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer | undefined {
  if (index >= size) return undefined;
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== proof.length) return undefined;
  return ranges.reduce(
    (hash, [from], i) => (from > index ? nodeHash(hash, proof[i]!) : nodeHash(proof[i]!, hash)),
    leaf,
  );
}

/** Whether the proof shows that `olderRoot` is the beginning of `newerRoot`. RFC 9162, 2.1.4.2. */
export function isConsistent(
  older: { readonly size: number; readonly root: Buffer },
  newer: { readonly size: number; readonly root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size === 0) return proof.length === 0;
  let node = older.size - 1;
  let last = newer.size - 1;
  const half = (n: number): number => Math.floor(n / 2);
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  const hashes = node === 0 ? [older.root, ...proof] : [...proof];
  const first = hashes.shift();
  if (!first) return false;
  let [was, is] = [first, first];
  for (const hash of hashes) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      was = nodeHash(hash, was);
      is = nodeHash(hash, is);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else is = nodeHash(is, hash);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && was.equals(older.root) && is.equals(newer.root);
}
