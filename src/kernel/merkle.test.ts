import { expect, it } from 'vitest';
import {
  consistencyRanges,
  EMPTY,
  type Growing,
  grow,
  inclusionRanges,
  isConsistent,
  leafHash,
  proofOf,
  rootFromInclusion,
  rootOf,
  type Subtree,
} from './merkle.ts';

// The inputs and roots of the reference implementation of certificate transparency (merkle_tree_test.cc), sizes 0 to 8.
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** Trees of every size up to that of the leaves, and what each leaf completed. */
function build(leaves: readonly Buffer[]) {
  const trees: Growing[] = [EMPTY];
  const completed: (readonly Buffer[])[] = [];
  for (const leaf of leaves) {
    const grown = grow(trees.at(-1)!, leaf);
    trees.push(grown.tree);
    completed.push(grown.completed);
  }
  return { trees, hash: ({ last, level }: Subtree) => completed[last]![level]! };
}
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)));
const forged = (hash: Buffer): Buffer => Buffer.from(hash.map((byte, i) => (i === 7 ? byte ^ 1 : byte)));

it('has the roots of the published test vectors', () => {
  const { trees } = build(INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex'))));
  expect(trees.map((tree) => rootOf(tree).toString('hex'))).toEqual(ROOTS);
});

it('has the inclusion and consistency proofs of the published test vectors', () => {
  const { hash } = build(INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex'))));
  const hex = (ranges: Parameters<typeof proofOf>[0]) => proofOf(ranges, hash).map((h) => h.toString('hex'));
  expect(hex(inclusionRanges(0, 8))).toEqual([
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ]);
  expect(hex(inclusionRanges(5, 8))).toEqual([
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  expect(hex(consistencyRanges(6, 8))).toEqual([
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  expect(hex(consistencyRanges(1, 8))).toHaveLength(3);
});

it('proves every leaf of every tree, and no forged one', () => {
  const leaves = numbered(40);
  const { trees, hash } = build(leaves);
  for (let size = 1; size <= leaves.length; size += 1) {
    const root = rootOf(trees[size]!);
    for (let index = 0; index < size; index += 1) {
      const proof = proofOf(inclusionRanges(index, size), hash);
      expect(rootFromInclusion(leaves[index]!, index, size, proof)).toEqual(root);
      expect(rootFromInclusion(forged(leaves[index]!), index, size, proof)).not.toEqual(root);
      expect(rootFromInclusion(leaves[index]!, index, size, [...proof, root])).toBeUndefined();
      if (size > 1)
        expect(rootFromInclusion(leaves[index]!, (index + 1) % size, size, proof)).not.toEqual(root);
    }
  }
});

it('proves every tree to be the beginning of every larger one, and no other', () => {
  const { trees, hash } = build(numbered(40));
  for (let newer = 1; newer <= 40; newer += 1) {
    for (let older = 1; older <= newer; older += 1) {
      const proof = proofOf(consistencyRanges(older, newer), hash);
      const [was, is] = [rootOf(trees[older]!), rootOf(trees[newer]!)];
      const shown = (a: Buffer, b: Buffer, by = proof) =>
        isConsistent({ size: older, root: a }, { size: newer, root: b }, by);
      expect(shown(was, is)).toBe(true);
      expect(shown(forged(was), is)).toBe(false);
      expect(shown(was, forged(is))).toBe(false);
      for (const [i, one] of proof.entries()) expect(shown(was, is, proof.with(i, forged(one)))).toBe(false);
    }
  }
});
