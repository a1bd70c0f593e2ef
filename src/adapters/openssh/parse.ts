const PEM = /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]{40,800}\n-----END PUBLIC KEY-----\n?$/;
/** PURE. Whether it looks like a PEM of a public key. */
export const isPem = (text: string): boolean => PEM.test(text);

export interface KeyFacts {
  readonly bits: number;
  readonly fingerprint: string;
}

/** PURE. `256 SHA256:… comment (ED25519)`. */
export function readDescription(text: string): KeyFacts | undefined {
  const [, bits, fingerprint] = /^(\d+) (SHA256:\S+) .*\(\S+\)\s*$/.exec(text.trim()) ?? [];
  return bits && fingerprint ? { bits: Number(bits), fingerprint } : undefined;
}
