import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** An OpenID provider as an operator named it. `ca`: PEM of its authority where it is none of the public ones. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: Secret;
  readonly ca?: string | undefined;
}

/** What a provider says of itself (OpenID Connect Discovery 1.0): what is needed to send a browser there. */
export interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly [name: string]: unknown;
}

/** What came back from the provider by way of a browser, and what it has to fit to. */
export interface Answer {
  /** The one redirect URI, exactly. */
  readonly redirectUri: string;
  readonly code: string;
  readonly state: string;
  /** RFC 9207, where the provider sends it. */
  readonly iss: string | undefined;
  /** What the browser was sent away with. */
  readonly expected: { readonly state: string; readonly nonce: string; readonly verifier: Secret };
}

/** Public keys of an issuer (RFC 7517), nothing else of what it publishes. */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/**
 * The half of OpenID Connect that asks the provider. Every request leaves by adapters/outbound, over TLS, follows no
 * redirect and ends after ten seconds or a megabyte.
 */
export interface OpenId {
  /** Refusals: `openid_unreachable`, `openid_unfit`. */
  discover(provider: Provider): Promise<Outcome<Metadata>>;
  /**
   * Exchanges the code. The ID token's signature, issuer, audience, times and nonce are verified, and the state and
   * the issuer of the answer. Gives the subject, which means something together with the issuer only.
   * Refusals: `openid_unreachable`, `openid_refused`.
   */
  subject(provider: Provider, answer: Answer): Promise<Outcome<string>>;
  /** What tokens of an issuer are verified with; of an issuer that anybody with a project may name. */
  keys(issuer: string): Promise<Outcome<KeySet>>;
}
