import type { Command } from '../../kernel/command.ts';
import type { CertificateWish } from './port.ts';

const KEYGEN = '/usr/bin/ssh-keygen';
const SECONDS = 20_000;
const keygen = (...args: string[]): Command => ({ argv: [KEYGEN, ...args], timeoutMs: SECONDS });

/** A new key pair without a passphrase: the file's rights protect it. */
export const makeKey = (file: string, comment: string): Command =>
  keygen('-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file);

/** Says what the key in the file is; fails where it is none. */
export const describeKey = (file: string): Command => keygen('-l', '-f', file);

/** An elliptic key from PEM (SPKI) to OpenSSH's own line. */
export const convertKey = (file: string): Command => keygen('-i', '-m', 'PKCS8', '-f', file);

/**
 * Signs the public key in the file, for a minute before now to `seconds` after it. `clear` takes every permission
 * away (forwarding, the user's own rc); a terminal alone is given back.
 */
export const signUser = (
  authority: string,
  file: string,
  { serial, keyId, principals, seconds }: Omit<CertificateWish, 'publicKey'>,
): Command =>
  keygen(
    '-q',
    ...['-s', authority, '-I', keyId, '-n', principals.join(','), '-V', `-60s:+${seconds}s`],
    ...['-z', String(serial), '-O', 'clear', '-O', 'permit-pty', file],
  );

/** Signs the gateway's own key for the names that clients call it by. */
export const signHost = (authority: string, file: string, names: readonly string[]): Command =>
  keygen(
    '-q',
    ...['-s', authority, '-h', '-I', 'bastide-ssh-gateway', '-n', names.join(','), '-V', '-5m:+90d', file],
  );

/** Writes a list of revoked certificates of one authority. */
export const makeRevocations = (authorityPublic: string, out: string, spec: string): Command =>
  keygen('-q', '-k', '-f', out, '-s', authorityPublic, spec);
