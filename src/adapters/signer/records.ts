import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { loadOrCreateKey } from './key.ts';

/** Signs lines of a record that this platform keeps of what lies elsewhere, so that no line can be forged or changed. */
export interface RecordSigner {
  /** Base64, ECDSA P-256 over the text's SHA-256. */
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
  /** PEM of what verifies, for whoever is handed a signed text. */
  readonly publicKey: string;
}

export const recordSigner = (key: KeyObject): RecordSigner => ({
  publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  sign: (text) => sign('sha256', Buffer.from(text), key).toString('base64'),
  verify(text, signature) {
    try {
      return verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64'));
    } catch {
      return false;
    }
  },
});

/** With the key in this file, made when it is not there. Refuses `signer_key_unreadable`. */
export async function loadRecordSigner(path: string): Promise<Outcome<RecordSigner>> {
  const key = await loadOrCreateKey(path);
  return isRefusal(key) ? key : recordSigner(key);
}
