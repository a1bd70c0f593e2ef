import * as oidc from 'openid-client';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { internet, named } from '../outbound/outbound.ts';
import type { Outside } from '../outbound/port.ts';
import { openidRefused, openidUnfit, openidUnreachable } from './errors.ts';
import { fetchOutside } from './fetch.ts';
import { parseKeys } from './parse.ts';
import type { Metadata, OpenId, Provider } from './port.ts';

/** Seconds. */
const TIMEOUT = 10;

/** What went wrong, in the library's words and codes; never what was sent or received. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code, cause, error: said } = error as Error & { code?: unknown; error?: unknown };
  const deeper = cause instanceof Error ? cause.message : undefined;
  const parts = [error.message, typeof said === 'string' ? said : code, deeper];
  return [...new Set(parts.filter((part): part is string => typeof part === 'string'))]
    .join(', ')
    .replaceAll(/[^\x20-\x7e]/g, ' ')
    .slice(0, 300);
}

/** The client's secret the way that the provider takes it: in the header unless it says that it takes the body only. */
const authenticated =
  (secret: string): oidc.ClientAuth =>
  (server, ...rest) => {
    const taken = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const method = taken.includes('client_secret_basic') ? oidc.ClientSecretBasic : oidc.ClientSecretPost;
    return method(secret)(server, ...rest);
  };

/** What of a provider would weaken the sign-in. */
function unfit(config: oidc.Configuration): string | undefined {
  const server = config.serverMetadata();
  if (!server.authorization_endpoint || !server.token_endpoint || !server.jwks_uri)
    return 'it names no authorization endpoint, no token endpoint or no keys';
  if (!/^https:/.test(server.authorization_endpoint)) return 'its sign-in page is not behind TLS';
  const methods = server.code_challenge_methods_supported;
  return methods && !methods.includes('S256') ? 'it has no PKCE with S256' : undefined;
}

async function configure(outside: Outside, provider: Provider): Promise<Outcome<oidc.Configuration>> {
  const { issuer, clientId, secret, ca } = provider;
  const ask = fetchOutside({ ...outside, ...(ca === undefined ? {} : { ca }) });
  try {
    const config = await oidc.discovery(
      new URL(issuer),
      clientId,
      undefined,
      authenticated(secret.reveal()),
      { [oidc.customFetch]: ask, timeout: TIMEOUT },
    );
    // The token came over TLS from the provider itself, and its signature is verified all the same.
    oidc.enableNonRepudiationChecks(config);
    const wrong = unfit(config);
    return wrong === undefined ? config : openidUnfit(issuer, wrong);
  } catch (error) {
    return openidUnreachable(issuer, why(error));
  }
}

/** OpenID Connect by openid-client, over the one way out. `operators` and `anybody`: where what they named may lead. */
export const makeOpenId = ({
  operators = named,
  anybody = internet,
}: {
  readonly operators?: Outside;
  readonly anybody?: Outside;
} = {}): OpenId => ({
  async discover(provider) {
    const config = await configure(operators, provider);
    return isRefusal(config) ? config : ({ ...config.serverMetadata() } as Metadata);
  },

  async subject(provider, { redirectUri, code, state, iss, expected }) {
    const config = await configure(operators, provider);
    if (isRefusal(config)) return config;
    const answered = new URL(redirectUri);
    answered.search = new URLSearchParams({ code, state, ...(iss === undefined ? {} : { iss }) }).toString();
    try {
      const tokens = await oidc.authorizationCodeGrant(config, answered, {
        expectedState: expected.state,
        expectedNonce: expected.nonce,
        pkceCodeVerifier: expected.verifier.reveal(),
        idTokenExpected: true,
      });
      const subject = tokens.claims()?.sub;
      if (subject === undefined || subject === '' || subject.length > 255)
        return openidRefused(provider.issuer, 'the ID token names no subject');
      return subject;
    } catch (error) {
      return openidRefused(provider.issuer, why(error));
    }
  },

  async keys(issuer) {
    const ask = fetchOutside(anybody);
    try {
      // No client of ours is known there: only what it publishes is read.
      const config = await oidc.discovery(new URL(issuer), 'bastide', undefined, oidc.None(), {
        [oidc.customFetch]: ask,
        timeout: TIMEOUT,
      });
      const { issuer: own, jwks_uri: place } = config.serverMetadata();
      // Letter by letter, as it is in its tokens: a slash more or less and none of them would ever fit.
      if (own !== issuer) return openidUnfit(issuer, `it calls itself ${own}`);
      if (place === undefined) return openidUnfit(issuer, 'it names no keys');
      const answer = await ask(place, { headers: { accept: 'application/json' } });
      const keys = answer.status === 200 ? parseKeys(await answer.text()) : undefined;
      return keys ?? openidUnfit(issuer, 'it publishes no public keys');
    } catch (error) {
      return openidUnreachable(issuer, why(error));
    }
  },
});
