import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  consistencyRanges,
  EMPTY,
  type Growing,
  grow,
  leafHash,
  proofOf,
  rootOf,
} from '../../kernel/merkle.ts';
import { formatNote, renderCheckpoint } from '../../kernel/note.ts';
import { must } from '../../kernel/refusal.ts';
import type { Published, Witness } from './port.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
/** The log's key in every test of a witness. */
export const logKey = {
  name: 'example.org/audit',
  publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
};

/** A history, by a letter, of nine entries; two of them have nothing in common. */
export function history(of: string): (size: number) => Published {
  const trees: Growing[] = [EMPTY];
  const completed: (readonly Buffer[])[] = [];
  for (let n = 0; n < 9; n += 1) {
    const grown = grow(trees[n]!, leafHash(Buffer.from(`${of}${n}`)));
    trees.push(grown.tree);
    completed.push(grown.completed);
  }
  return (size) => {
    const text = renderCheckpoint({ origin: logKey.name, size, root: rootOf(trees[size]!), more: [] });
    return {
      origin: logKey.name,
      size,
      note: formatNote(text, logKey, sign(null, Buffer.from(text), privateKey)),
      proof: async (older) =>
        proofOf(consistencyRanges(older, size), ({ last, level }) => completed[last]![level]!),
    };
  };
}

/** What every witness promises. `notes`: what it holds now, looked at from its side. */
export function testWitness(
  open: () => Promise<{ witness: Witness; notes: () => Promise<readonly string[]> }>,
): void {
  const mine = history('a');
  const other = history('b');

  it('takes a history that goes on, and the same checkpoint twice', async () => {
    const { witness, notes } = await open();
    for (const size of [2, 2, 3, 8]) must(await witness.publish(mine(size)));
    expect(new Set(await notes())).toEqual(new Set([2, 3, 8].map((size) => mine(size).note)));
  });

  it('takes no smaller one and no other of the same size', async () => {
    const { witness, notes } = await open();
    must(await witness.publish(mine(5)));
    expect(await witness.publish(mine(3))).toMatchObject({ code: 'witness_conflict' });
    expect(await witness.publish(other(5))).toMatchObject({ code: 'witness_conflict' });
    expect(new Set(await notes())).toEqual(new Set([mine(5).note]));
  });

  it('gives back what it holds, or says that it gives nothing', async () => {
    const { witness } = await open();
    must(await witness.publish(mine(4)));
    expect([undefined, [mine(4).note]]).toContainEqual(must(await witness.held()));
  });
}
