import { createHash, randomBytes, randomInt } from 'node:crypto';
import { scramVerifier } from '../../kernel/scram.ts';
import { Secret } from '../../kernel/secret.ts';
import type { GatewayName } from './model.ts';

export interface Temporary {
  readonly role: string;
  readonly password: Secret;
  /** What a database keeps of the password. */
  readonly verifier: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `*` and the hash of the hash, as mysql_native_password keeps it. */
export function nativeVerifier(password: Secret): string {
  const once = createHash('sha1').update(password.reveal()).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}

/** A login name that nobody can guess, with a password of 256 random bits and what a database keeps of it. */
export function makeCredential(gateway: GatewayName): Temporary {
  const name = Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  const password = new Secret(randomBytes(32).toString('base64url'));
  const verifier =
    gateway === 'postgres' ? scramVerifier(password, randomBytes(16)) : nativeVerifier(password);
  return { role: `g_${name}`, password, verifier };
}
