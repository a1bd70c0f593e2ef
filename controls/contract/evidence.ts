import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { VERDICTS } from './judging.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
export const FIRST = '0'.repeat(64);

/** What one run of one control left: signed by the prober, and chained to what it signed before. */
export const Evidence = z.strictObject({
  format: z.literal('bastide-evidence/1'),
  /** sha256 of the prober's public key (SPKI, DER). */
  prober: Hash,
  position: z.enum(['inside', 'outside']),
  seq: z.int().min(1),
  /** Digest of the record before it; zeros for the first. */
  prev: Hash,
  control: z.string().max(100),
  claims: z.array(z.string().max(10)),
  sentence: z.string().max(500),
  verdict: z.enum(VERDICTS),
  reason: z.string().max(2000),
  /** What was seen. */
  world: z.unknown(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
});
export type Evidence = z.infer<typeof Evidence>;

/** The text is signed as it is, so that nobody has to agree on how JSON is written. */
export const Signed = z.strictObject({ record: z.string().max(262_144), signature: z.string().max(200) });
export type Signed = z.infer<typeof Signed>;

/** A file of evidence that can be checked without the platform. */
export const Bundle = z.object({
  format: z.literal('bastide-evidence-bundle/1'),
  exportedAt: z.iso.datetime(),
  probers: z.array(
    z.object({
      id: Hash,
      position: z.string(),
      /** SPKI, DER, base64. */
      publicKey: z.string(),
      entries: z.array(Signed),
    }),
  ),
});
export type Bundle = z.infer<typeof Bundle>;

/** What the next record names as `prev`. */
export const digestOf = (record: string): string => createHash('sha256').update(record).digest('hex');

export const keyId = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');

export function signedBy(publicKey: string, { record, signature }: Signed): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ed25519') return false;
    return verify(null, Buffer.from(record), key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What is wrong with an entry that is to follow `before`; undefined where it is sound. */
export function faultOf(
  publicKey: string,
  entry: Signed,
  before: { readonly seq: number; readonly digest: string },
): string | undefined {
  if (!signedBy(publicKey, entry)) return 'the signature is not by this prober';
  const read = Evidence.safeParse(parsed(entry.record));
  if (!read.success) return 'the record is not evidence';
  if (read.data.prober !== keyId(publicKey)) return 'it names another prober';
  if (read.data.seq !== before.seq + 1) return `number ${read.data.seq} follows ${before.seq}`;
  return read.data.prev === before.digest ? undefined : 'it does not follow the record before it';
}

export interface Checked {
  readonly entries: number;
  readonly faults: readonly { readonly prober: string; readonly entry: number; readonly what: string }[];
}

/** PURE. Checks every signature and every link of a file of evidence, from the first record on. */
export function checkBundle(bundle: Bundle): Checked {
  const faults: { prober: string; entry: number; what: string }[] = [];
  let entries = 0;
  for (const { id, publicKey, entries: list } of bundle.probers) {
    if (keyId(publicKey) !== id)
      faults.push({ prober: id, entry: 0, what: 'the key is not the one it names' });
    let before = { seq: 0, digest: FIRST };
    for (const [i, entry] of list.entries()) {
      const what = faultOf(publicKey, entry, before);
      if (what) faults.push({ prober: id, entry: i + 1, what });
      const said = Evidence.safeParse(parsed(entry.record));
      before = { seq: said.success ? said.data.seq : before.seq + 1, digest: digestOf(entry.record) };
      entries += 1;
    }
  }
  return { entries, faults };
}
