import { createHash, createPublicKey, verify } from 'node:crypto';

// C2SP signed notes and tlog checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint): a text, a blank line, and
// lines `— name base64(key id, signature)`. Ed25519 only.

const ED25519 = 1;
/** What comes before an Ed25519 key's 32 bytes in SPKI, DER. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Who signs: a name without blanks and plus signs, and the 32 bytes of its public key. */
export interface NoteKey {
  readonly name: string;
  readonly publicKey: Buffer;
}

const idOf = ({ name, publicKey }: NoteKey): Buffer =>
  createHash('sha256')
    .update(name)
    .update(Buffer.from([0x0a, ED25519]))
    .update(publicKey)
    .digest()
    .subarray(0, 4);

/** `name+id+base64`, as Go's note package and witnesses write a verifier's key. */
export const verifierKey = (key: NoteKey): string =>
  `${key.name}+${idOf(key).toString('hex')}+${Buffer.concat([Buffer.from([ED25519]), key.publicKey]).toString('base64')}`;

/** Undefined where it is none, or its id is not its own. */
export function parseVerifierKey(text: string): NoteKey | undefined {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
  if (name === undefined || encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ED25519) return undefined;
  const key = { name, publicKey: bytes.subarray(1) };
  return idOf(key).toString('hex') === id ? key : undefined;
}

/** The note of a text, which ends with a line break, and its signature. */
export const formatNote = (text: string, key: NoteKey, signature: Uint8Array): string =>
  `${text}\n— ${key.name} ${Buffer.concat([idOf(key), signature]).toString('base64')}\n`;

/** The text of a note that this key has signed; undefined where it has not. Signatures of others are passed over. */
export function openNote(note: string, key: NoteKey): string | undefined {
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, at + 1);
  const id = idOf(key);
  for (const line of note.slice(at + 2, -1).split('\n')) {
    const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
    if (name !== key.name || encoded === undefined) continue;
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.length !== 68 || !bytes.subarray(0, 4).equals(id)) continue;
    const spki = createPublicKey({ key: Buffer.concat([SPKI, key.publicKey]), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text), spki, bytes.subarray(4)) ? text : undefined;
  }
  return undefined;
}

/** What a log says of itself: so many entries, this root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Lines of our own below, such as the time. */
  readonly more: readonly string[];
}

export const renderCheckpoint = ({ origin, size, root, more }: Checkpoint): string =>
  [origin, size, root.toString('base64'), ...more, ''].join('\n');

/** Undefined where the text is no checkpoint. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin, size, root, ...more] = text.split('\n');
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size ?? '') || root === undefined || more.pop() !== '')
    return undefined;
  const bytes = Buffer.from(root, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== root) return undefined;
  return { origin, size: Number(size), root: bytes, more };
}
