import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** Makes a challenge answerable at `http://<host>/.well-known/acme-challenge/<token>` before it resolves. */
export interface ChallengePublisher {
  publish(token: string, keyAuthorization: string): Promise<Outcome<void>>;
  withdraw(token: string): Promise<void>;
}

export interface AcmeCertificate {
  /** The leaf and what the authority sent with it, PEM. */
  readonly chain: string;
  readonly key: Secret;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the leaf's DER, lower-case hex. */
  readonly fingerprint: string;
}

/**
 * A public certificate authority by ACME (RFC 8555), HTTP-01. Promises: one account, whose key is kept; every
 * certificate has a new key; a challenge is withdrawn whatever came of it. A renewal is the same call again.
 */
export interface Acme {
  /**
   * Refusals: `acme_unreachable`, `acme_challenge_failed` (the authority could not fetch the challenge: DNS points
   * elsewhere), `acme_rate_limited`, `acme_refused` (anything else that the authority says no to).
   */
  issue(hosts: readonly string[], publisher: ChallengePublisher): Promise<Outcome<AcmeCertificate>>;
}
