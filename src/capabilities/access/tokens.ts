import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Secret } from '../../kernel/secret.ts';

/**
 * `bst_` an API token, `bsd_` a deploy token, `bss_` a session, `bsi_` an invitation, `bsl_` a device that waits to be
 * approved, `bsb_` a bootstrap token, `bsp_` one with which a prober enrols, `bsg_` the SSH gateway's own, `bsh_` of one session that came by SSH,
 * `bso_` a page that waits for somebody to come back from an OpenID provider.
 */
export type TokenPrefix = 'bst' | 'bsd' | 'bss' | 'bsi' | 'bsl' | 'bsb' | 'bsp' | 'bsg' | 'bsh' | 'bso';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BODY = 43;
const CHECK = 6;

const base62 = (value: bigint, length: number): string => {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = ALPHABET[Number(rest % 62n)] + text;
  return text;
};

const checksum = (body: string): string => base62(BigInt(crc32(body)), CHECK);

/** A token of 256 random bits with a prefix and a checksum, so that secret scanners know one when they see it. */
export function newToken(prefix: TokenPrefix, random: Uint8Array = randomBytes(32)): Secret {
  const body = base62(BigInt(`0x${Buffer.from(random).toString('hex')}`), BODY);
  return new Secret(`${prefix}_${body}${checksum(`${prefix}_${body}`)}`);
}

/** Whether it has the form and the checksum of one of ours; says nothing about whether it is valid. */
export function wellFormed(prefix: TokenPrefix, token: string): boolean {
  if (!new RegExp(`^${prefix}_[0-9A-Za-z]{${BODY + CHECK}}$`).test(token)) return false;
  return checksum(token.slice(0, -CHECK)) === token.slice(-CHECK);
}

/** What is kept of a token. A token has 256 random bits, so a fast hash is as good as a slow one. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Compares two hashes in constant time. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && timingSafeEqual(a, b);
