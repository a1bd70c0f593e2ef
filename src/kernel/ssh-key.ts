/** Kinds of key that may be enrolled or signed. No RSA: what is weak among it cannot be told by its name. */
export const KEY_KINDS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;
const LINE = /^([a-z0-9@.-]{1,60}) ([A-Za-z0-9+/]{40,800}={0,2})(?: [\x20-\x7e]{0,200})?$/;

/** PURE. `kind base64` of a line of a .pub file, without its comment; undefined where it is none that is taken. */
export function publicKeyLine(text: string): string | undefined {
  const [, kind, base64] = LINE.exec(text.trim()) ?? [];
  if (!kind || !base64 || !KEY_KINDS.some((known) => known === kind)) return undefined;
  // RFC 4253 section 6.6: the blob says the kind again, length first. What is in it is ssh-keygen's to judge.
  const blob = Buffer.from(base64, 'base64');
  const length = blob.readUInt32BE(0);
  return blob.subarray(4, 4 + length).toString('latin1') === kind ? `${kind} ${base64}` : undefined;
}

/** PURE. The second field of a certificate's or key's line: what its hash is taken of. */
export const blobOf = (line: string): Buffer => Buffer.from(line.trim().split(' ')[1] ?? '', 'base64');
