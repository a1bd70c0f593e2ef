import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 20;
const COUNT = 10;

/** One code of 100 random bits, in groups of five. */
function recoveryCode(): string {
  const text = [...randomBytes(LENGTH)].map((byte) => ALPHABET[byte & 31]).join('');
  return text.match(/.{5}/g)!.join('-');
}

export const newRecoveryCodes = (): string[] => Array.from({ length: COUNT }, recoveryCode);

/** What is kept of one. However it was typed: small letters, without dashes, O for 0, I or L for 1. */
export function hashRecoveryCode(code: string): Buffer {
  const plain = code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return createHash('sha256').update(plain).digest();
}
