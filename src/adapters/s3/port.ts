import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** A bucket at a provider that speaks S3, and a credential for it. */
export interface Bucket {
  /** `https://host[:port][/path]`, without a slash at its end. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
}

/**
 * What the provider said: `list` where it named objects of the bucket, `limited` where it took the signature and does
 * not let this credential list. What else the credential may do is not tried: that would write.
 */
export type Access = 'list' | 'limited';

/**
 * Asks a provider outside, the one place where the agent speaks S3. Promises: only TLS with a certificate that this
 * machine trusts; only addresses that are public, judged after the name was looked up and then used as they were
 * judged; no redirect is followed; nothing is written; the secret key itself is never sent (AWS Signature Version 4).
 * Refusals: `objects_endpoint_private`, `objects_endpoint_unreachable`, `objects_endpoint_untrusted`,
 * `objects_credential_refused`, `objects_bucket_missing`, `objects_region_wrong`, `objects_answer_unclear`.
 */
export interface ObjectStorage {
  check(bucket: Bucket): Promise<Outcome<Access>>;
}
