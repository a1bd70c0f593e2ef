import type { Outcome } from '../../kernel/refusal.ts';

/** A person's key that is to become a certificate. */
export interface CertificateWish {
  readonly serial: number;
  /** What sshd writes into its log: who, and the id of our record. */
  readonly keyId: string;
  /** Names that the certificate is good for; sshd compares them with those of the login name. */
  readonly principals: readonly string[];
  /** Seconds from now. */
  readonly seconds: number;
  /** A line of OpenSSH (`ssh-ed25519 AAAA…`), or a PEM of an elliptic key (SPKI). */
  readonly publicKey: string;
}

/**
 * The authority for logins by SSH: one key that signs people's keys, one that signs the gateway's own. Both are files that
 * only root reads, and only `ssh-keygen` uses. Promises: a key that is not one is refused and never signed; after
 * `rotate` nothing that the old keys signed is good.
 * Refusals: `ssh_key_invalid`, `ssh_keygen_failed`, `ssh_files_unwritable`.
 */
export interface Authority {
  /** Signs a key; answers the line of the certificate. */
  certify(wish: CertificateWish): Promise<Outcome<string>>;
  /** What the gateway needs of it, with a certificate of its host key for these names. Makes what is missing. */
  gatewayFiles(names: readonly string[]): Promise<Outcome<GatewayKeys>>;
  /** A list of revoked serials as sshd reads it (KRL). */
  revocations(serials: readonly number[]): Promise<Outcome<Uint8Array>>;
  rotate(): Promise<Outcome<void>>;
}

export interface GatewayKeys {
  readonly hostKey: string;
  readonly hostCertificate: string;
  /** Public key of who signs people's keys. */
  readonly userAuthority: string;
  /** Public key of who signed the host key; clients trust it for the gateway's name. */
  readonly hostAuthority: string;
}

/** Who may come in under one login name, which is an app's. */
export interface Login {
  readonly name: string;
  /** Principal that a certificate must have. */
  readonly principal: string;
  /** CIDRs; nothing: from anywhere. */
  readonly from: readonly string[];
  /** Enrolled keys, for `git push` alone. */
  readonly keys: readonly { readonly line: string; readonly until: Date }[];
}
