import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { formatNote, type NoteKey } from '../../kernel/note.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { loadOrCreateKey } from './key.ts';

/** Signs notes (C2SP signed-note) under one name. */
export interface NoteSigner {
  readonly key: NoteKey;
  /** `text` ends with a line break and has no empty line. */
  sign(text: string): string;
}

/** `privateKey`: Ed25519. */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const key = { name, publicKey: spki.subarray(-32) };
  return { key, sign: (text) => formatNote(text, key, sign(null, Buffer.from(text), privateKey)) };
}

/** With the key in this file, made when it is not there. Refuses `signer_key_unreadable`. */
export async function loadNoteSigner(name: string, path: string): Promise<Outcome<NoteSigner>> {
  const key = await loadOrCreateKey(path, 'ed25519');
  return isRefusal(key) ? key : noteSigner(name, key);
}
