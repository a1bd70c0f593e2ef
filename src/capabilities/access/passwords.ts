import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../kernel/secret.ts';

/** OWASP's least for argon2id: 19 MiB, two passes, one lane. About 30 ms. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const TAG = 32;
const SALT = 16;

const derive = promisify(
  (parameters: Argon2Parameters, done: (error: Error | null, key: Buffer) => void): void =>
    argon2('argon2id', parameters, done),
);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

/** What is kept of a password: argon2id with a salt of its own, in PHC form. */
export async function hashPassword(password: Secret, salt: Uint8Array = randomBytes(SALT)): Promise<string> {
  const key = await derive({
    ...COST,
    message: password.reveal().normalize('NFKC'),
    nonce: salt,
    tagLength: TAG,
  });
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(key)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** A hash that no password has: whoever asks for an account that is not there waits as long as for one that is. */
const NOBODY = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(new Uint8Array(SALT))}$${base64(new Uint8Array(TAG))}`;

/** Whether it is the password. Takes the same work where there is no account: pass undefined. */
export async function passwordMatches(hash: string | undefined, password: Secret): Promise<boolean> {
  const parts = PHC.exec(hash ?? NOBODY);
  if (!parts) return false;
  const [memory, passes, parallelism] = parts.slice(1, 4).map(Number) as [number, number, number];
  const [salt, tag] = parts.slice(4).map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer];
  const message = password.reveal().normalize('NFKC');
  const key = await derive({ memory, passes, parallelism, message, nonce: salt, tagLength: tag.length });
  return timingSafeEqual(key, tag) && hash !== undefined;
}
