import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const IV = 12;
/** Node accepts tags as short as four bytes unless told the length. */
const TAG = 16;
export const KEY = 32;

/** AES-256-GCM: iv, tag, ciphertext. `about` is authenticated with it: a row moved elsewhere does not open. */
export function wrap(key: Buffer, about: string, plain: Buffer): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG }).setAAD(Buffer.from(about));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]);
}

/** Undefined where key, `about` or a byte is not the one it was wrapped with. */
export function unwrap(key: Buffer, about: string, wrapped: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(wrapped);
  if (bytes.length < IV + TAG) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV), { authTagLength: TAG })
      .setAAD(Buffer.from(about))
      .setAuthTag(bytes.subarray(IV, IV + TAG));
    return Buffer.concat([decipher.update(bytes.subarray(IV + TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** A name for a key that says nothing about it. */
export const keyId = (key: Buffer): string =>
  createHash('sha256').update('bastide root key id').update(key).digest('hex').slice(0, 16);
