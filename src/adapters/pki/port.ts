import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

export interface Leaf {
  readonly commonName: string;
  /** DNS names, lower case. */
  readonly hosts: readonly string[];
  /** IP addresses in text. */
  readonly addresses?: readonly string[];
  readonly usage: 'server' | 'client' | 'both';
  /** Days it is valid; at most 825, and never longer than the authority itself. */
  readonly days: number;
}

export interface IssuedLeaf {
  /** The leaf alone, PEM: the root is what the other side trusts, so it is not part of the chain. */
  readonly certificate: string;
  /** PKCS #8, PEM. */
  readonly key: Secret;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
}

export interface Authority {
  readonly certificate: string;
  readonly notAfter: Date;
  readonly fingerprint: string;
}

/**
 * One certificate authority (P-256, SHA-256) in one directory. Two directories are two authorities: what the edge
 * trusts and what the registry trusts need not be the same.
 * Promises: the root is made once, with 0600 on its key, and read from then on; every leaf passes
 * `openssl verify -x509_strict` (RFC 5280), has a serial number of 127 random bits and a key of its own.
 */
export interface Pki {
  /** Refusals: `pki_unreadable`. */
  root(): Promise<Outcome<Authority>>;
  /** Refusals: `pki_unreadable`, `pki_name_invalid`, `pki_days_invalid`. */
  issue(leaf: Leaf): Promise<Outcome<IssuedLeaf>>;
}
