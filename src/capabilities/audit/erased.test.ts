import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { noteSigner } from '../../adapters/signer/notes.ts';
import { EMPTY, grow, rootOf } from '../../kernel/merkle.ts';
import { renderCheckpoint, verifierKey } from '../../kernel/note.ts';
import { commit, type Kept, leafOf, NO_LEAF } from './record.ts';
import { type Line, verifier } from './verify.ts';
import { verifyFile } from './verify-file.ts';

const signer = noteSigner('example.org/audit', generateKeyPairSync('ed25519').privateKey);
const base: Kept = {
  ...{ seq: 1, at: '2026-03-01T10:00:00.000000Z', actor: 'mallory', action: 'config:reveal' },
  ...{ target: 'account:vera', organizationId: null, outcome: 'allowed', reason: 'curious' },
  ...{ sourceAddress: '203.0.113.9', requestId: null, operationId: null, detail: {} },
  ...{ salt: 'aa'.repeat(32), erasedBy: null },
};
const entries: Kept[] = [
  base,
  {
    ...{ ...base, seq: 2, actor: 'olaf', action: 'audit.erased', target: 'account:erased', outcome: 'done' },
    ...{ detail: { entries: 1 }, reason: null, sourceAddress: null },
  },
];

/** A sealed log of these two. */
function sealed() {
  let tree = EMPTY;
  let previous = NO_LEAF;
  const lines: Line[] = [];
  for (const [index, entry] of entries.entries()) {
    const place = { index, previous, sealedAt: '2026-03-01T10:00:09.000Z', committed: commit(entry) };
    const leaf = leafOf(entry, place);
    const grown = grow(tree, leaf);
    tree = grown.tree;
    previous = leaf.toString('hex');
    lines.push({ ...place, seq: entry.seq, hashes: grown.completed.map((h) => h.toString('hex')), entry });
  }
  const checkpoint = renderCheckpoint({ origin: 'example.org/audit', size: 2, root: rootOf(tree), more: [] });
  return { lines, note: signer.sign(checkpoint) };
}

const { lines, note } = sealed();
const erased: Kept = {
  ...{ ...base, actor: 'erased', target: 'account:erased', reason: null, sourceAddress: null },
  ...{ salt: null, erasedBy: 2 },
};

function whole(first: Kept): string[] {
  const check = verifier('example.org/audit', signer.key, [
    { by: 'log', note },
    { by: 'witness', note },
  ]);
  check.add({ ...lines[0]!, entry: first });
  check.add(lines[1]!);
  return check.end().faults.map(({ kind, index, what }) => `${kind} ${index} ${what}`);
}

/** The first entry alone, as an organization has it: with the proof that its leaf is in the tree. */
async function part(first: object): Promise<string[]> {
  const { hashes, entry: _entry, ...place } = lines[0]!;
  const proof = [Buffer.from(lines[1]!.hashes[0]!, 'hex').toString('base64')];
  const head = { format: 'bastide-audit/1', origin: 'example.org/audit', key: verifierKey(signer.key) };
  const file = [
    { ...head, whole: false, size: 2, exportedAt: '' },
    { checkpoint: note },
    { ...place, leaf: hashes[0], entry: first, proof },
  ].map((line) => JSON.stringify(line));
  async function* each() {
    yield* file;
  }
  const verdict = await verifyFile(each(), { key: signer.key, witnessed: [] });
  return verdict!.faults.map(({ kind, index, what }) => `${kind} ${index} ${what}`);
}

describe('an entry that was erased', () => {
  it('is sound in the form in which the log leaves it', async () => {
    expect(whole(base)).toEqual([]);
    expect(whole(erased)).toEqual([]);
    expect(await part(erased)).toEqual([]);
  });

  it.each<[string, Partial<Kept>]>([
    ['actor', { actor: 'grace' }],
    ['reason', { reason: 'I wanted to see it' }],
    ['sourceAddress', { sourceAddress: '198.51.100.7' }],
    ['target', { target: 'account:grace' }],
    ['salt', { salt: 'bb'.repeat(32) }],
  ])('cannot be written anew to frame somebody: %s', async (field, framed) => {
    const said = [`altered 0 changed since it was sealed: ${field}`];
    expect(whole({ ...erased, ...framed })).toEqual(said);
    expect(await part({ ...erased, ...framed })).toEqual(said);
  });

  it('is erased by an entry that comes later, and by one that is named', async () => {
    expect(whole({ ...erased, erasedBy: 1 })).toContain('altered 0 changed since it was sealed: erasedBy');
    const { erasedBy: _by, ...unnamed } = erased;
    expect(await part(unnamed)).toEqual(['altered 0 changed since it was sealed: erasedBy']);
  });
});
