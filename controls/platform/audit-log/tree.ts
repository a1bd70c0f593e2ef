import { createHash, createPublicKey, verify } from 'node:crypto';

// RFC 6962 and C2SP notes, once more and on purpose: what is attacked must not be checked by its own code.

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** JSON with its keys in order. */
const ordered = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(ordered).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${ordered((value as Record<string, unknown>)[key])}`).join(',')}}`;
};

/** The leaf's hash of a record. */
export const leafOf = (record: unknown): Buffer => sha256(Buffer.from([0]), Buffer.from(ordered(record)));

/** RFC 9162, section 2.1.3.2. Undefined where the proof does not fit. */
export function rootOf(
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer | undefined {
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      hash = sha256(Buffer.from([1]), sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else hash = sha256(Buffer.from([1]), hash, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : undefined;
}

/** The root of a checkpoint that this key signed; undefined where it did not. */
export function signedRoot(note: string, key: string, size: number): Buffer | undefined {
  const [name, , encoded] = key.split('+', 3);
  const raw = Buffer.from(key.slice(key.indexOf('+', key.indexOf('+') + 1) + 1), 'base64').subarray(1);
  const at = note.lastIndexOf('\n\n') + 1;
  const line = note
    .slice(at + 1)
    .split('\n')
    .find((one) => one.startsWith(`— ${name} `));
  if (!encoded || !line || at === 0) return undefined;
  const publicKey = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]),
    format: 'der',
    type: 'spki',
  });
  const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(4);
  if (!verify(null, Buffer.from(note.slice(0, at)), publicKey, signature)) return undefined;
  const [, entries, root] = note.split('\n');
  return entries === String(size) ? Buffer.from(root ?? '', 'base64') : undefined;
}
