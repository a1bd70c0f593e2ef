import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Bundle, digestOf, type Evidence, FIRST, keyId } from '../../../controls/contract/evidence.ts';

/** A prober's hand, for tests: a key of its own and a chain that grows. */
export function testProber() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  let seq = 0;
  let prev = FIRST;
  const entries: { record: string; signature: string }[] = [];
  const signed = (key: KeyObject, record: string) => ({
    record,
    signature: sign(null, Buffer.from(record), key).toString('base64'),
  });
  return {
    id: keyId(spki),
    publicKey: spki,
    entries,
    signed: (record: string) => signed(privateKey, record),
    /** The next record, signed; it is taken for handed in. */
    next(over: Partial<Evidence> = {}) {
      seq += 1;
      const said: Evidence = {
        format: 'bastide-evidence/1',
        prober: keyId(spki),
        position: 'inside',
        seq,
        prev,
        control: 'data/canary-hunt',
        claims: ['DAT-3'],
        sentence: 'Nothing that an app stores lies on the disk in clear.',
        verdict: 'held',
        reason: 'Found nowhere.',
        world: { places: [] },
        startedAt: '2026-11-22T01:00:00.000Z',
        finishedAt: '2026-11-22T01:00:09.000Z',
        ...over,
      };
      const entry = signed(privateKey, JSON.stringify(said));
      prev = digestOf(entry.record);
      entries.push(entry);
      return entry;
    },
    bundle: (): Bundle => ({
      format: 'bastide-evidence-bundle/1',
      exportedAt: '2026-11-22T02:00:00.000Z',
      probers: [{ id: keyId(spki), position: 'inside', publicKey: spki, entries: [...entries] }],
    }),
  };
}
