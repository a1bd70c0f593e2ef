import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Bundle, checkBundle, digestOf, type Evidence, FIRST, keyId, type Signed } from './evidence.ts';

function chain(length: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  let prev = FIRST;
  const entries: Signed[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const said: Evidence = {
      format: 'bastide-evidence/1',
      prober: keyId(key),
      position: 'inside',
      seq,
      prev,
      control: 'data/x',
      claims: ['DAT-1'],
      sentence: 'Nothing happens.',
      verdict: 'held',
      reason: 'Nothing did.',
      world: { n: seq },
      startedAt: '2026-11-22T01:00:00.000Z',
      finishedAt: '2026-11-22T01:00:00.000Z',
    };
    const record = JSON.stringify(said);
    entries.push({ record, signature: sign(null, Buffer.from(record), privateKey).toString('base64') });
    prev = digestOf(record);
  }
  const bundle = (list: readonly Signed[]): Bundle => ({
    format: 'bastide-evidence-bundle/1',
    exportedAt: '2026-11-22T02:00:00.000Z',
    probers: [{ id: keyId(key), position: 'inside', publicKey: key, entries: [...list] }],
  });
  return { entries, bundle };
}

it('holds a chain as it was signed', () => {
  const { entries, bundle } = chain(4);
  expect(checkBundle(bundle(entries))).toEqual({ entries: 4, faults: [] });
});

it('sees a changed word, a removed record, a swapped pair and a stranger', () => {
  const { entries, bundle } = chain(4);
  const [one, two, three, four] = entries as [Signed, Signed, Signed, Signed];
  const changed = { ...two, record: two.record.replace('held', 'broken') };
  const stranger = chain(1).entries[0]!;
  for (const list of [
    [one, changed, three, four],
    [one, three, four],
    [two, three, four],
    [one, three, two, four],
    [one, two, three, four, stranger],
  ])
    expect(checkBundle(bundle(list)).faults).not.toEqual([]);
});

it('sees a key that is not the one that the file names', () => {
  const { entries, bundle } = chain(1);
  const other = chain(1).bundle([]).probers[0]!.publicKey;
  const file = bundle(entries);
  expect(checkBundle({ ...file, probers: [{ ...file.probers[0]!, publicKey: other }] }).faults).not.toEqual(
    [],
  );
});
