import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { Secret } from '../../kernel/secret.ts';

/** A pair of Curve25519 keys as WireGuard writes them: base64 of the raw 32 bytes. */
export interface KeyPair {
  readonly privateKey: Secret;
  readonly publicKey: string;
}

const base64 = (url: string | undefined): string => Buffer.from(url ?? '', 'base64url').toString('base64');

/** RFC 8410: what comes before the 32 bytes in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function makeKeyPair(): KeyPair {
  const jwk = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { privateKey: new Secret(base64(jwk.d)), publicKey: base64(jwk.x) };
}

/** The public half of a private key. */
export function publicKeyOf(privateKey: Secret): string {
  const der = Buffer.concat([PKCS8, Buffer.from(privateKey.reveal(), 'base64')]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return base64(key.export({ format: 'jwk' }).x);
}
