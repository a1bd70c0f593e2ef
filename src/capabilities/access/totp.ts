import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Secret as Seed, TOTP } from 'otpauth';
import { Secret } from '../../kernel/secret.ts';

const PERIOD = 30;
/** Steps before and after now whose code is taken: clocks differ. */
const WINDOW = 1;
const SEED_BYTES = 20;
const IV = 12;
const TAG = 16;

const generator = (seed: Secret, account: string, issuer: string): TOTP =>
  new TOTP({ issuer, label: account, secret: Seed.fromBase32(seed.reveal()), period: PERIOD, digits: 6 });

export const newSeed = (): Secret => new Secret(new Seed({ size: SEED_BYTES }).base32);

/** What an authenticator app reads, as a QR code or typed. */
export const seedUri = (seed: Secret, account: string, issuer: string): string =>
  generator(seed, account, issuer).toString();

/** The code at a time. For tests and for people's own tools. */
export const codeAt = (seed: Secret, now: Date): string =>
  generator(seed, '', 'Bastide').generate({ timestamp: now.getTime() });

/**
 * The time step that the code belongs to, where it is right and later than the last one that was taken: a code that was
 * seen once, on a screen or on the way, is worth nothing.
 */
export function stepOf(seed: Secret, code: string, lastStep: number | null, now: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const delta = generator(seed, '', 'Bastide').validate({
    token: code,
    timestamp: now.getTime(),
    window: WINDOW,
  });
  if (delta === null) return undefined;
  const step = Math.floor(now.getTime() / 1000 / PERIOD) + delta;
  return lastStep !== null && step <= lastStep ? undefined : step;
}

/** The seed as it is kept: AES-256-GCM, bound to its account, so that a row copied to another account opens nothing. */
export function sealSeed(key: Secret, accountId: string, seed: Secret): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', keyBytes(key), iv).setAAD(Buffer.from(accountId));
  return Buffer.concat([iv, cipher.update(seed.reveal()), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined where the key or the account is another, or the row was changed. */
export function openSeed(key: Secret, accountId: string, sealed: Uint8Array): Secret | undefined {
  const bytes = Buffer.from(sealed);
  if (bytes.length <= IV + TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', keyBytes(key), bytes.subarray(0, IV))
    .setAAD(Buffer.from(accountId))
    .setAuthTag(bytes.subarray(-TAG));
  try {
    return new Secret(
      Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()]).toString(),
    );
  } catch {
    return undefined;
  }
}

function keyBytes(key: Secret): Buffer {
  const bytes = Buffer.from(key.reveal(), 'base64url');
  if (bytes.length < 32) throw new Error('the accounts key is shorter than 256 bits');
  return bytes.subarray(0, 32);
}
