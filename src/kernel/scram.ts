import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { Secret } from './secret.ts';

const ITERATIONS = 4096;

/**
 * The SCRAM-SHA-256 verifier of a password (RFC 5803, as PostgreSQL stores it), so that the password itself never
 * travels to the server. `salt` is 16 random bytes. The password is plain ASCII, so SASLprep changes nothing.
 */
export function scramVerifier(password: Secret, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password.reveal(), salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}
