import {
  buildAuthorizationUrl,
  Configuration,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type ServerMetadata,
} from 'openid-client';
import type { Away } from './store/sso.ts';

/**
 * Where a browser goes to sign in at a provider, and what it has to come back with: the authorization code flow with
 * PKCE, state and nonce, all fresh. Nothing is asked of the provider here: what it says of itself the agent has read.
 */
export async function departure(
  provider: { readonly client_id: string; readonly metadata: Record<string, unknown> },
  redirectUri: string,
): Promise<Away & { readonly url: string }> {
  const config = new Configuration(provider.metadata as ServerMetadata, provider.client_id);
  const away = {
    state: randomState(),
    nonce: randomNonce(),
    verifier: randomPKCECodeVerifier(),
    redirectUri,
  };
  const url = buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    response_type: 'code',
    // Who it is, and nothing of who it is: no address, no name.
    scope: 'openid',
    state: away.state,
    nonce: away.nonce,
    code_challenge: await calculatePKCECodeChallenge(away.verifier),
    code_challenge_method: 'S256',
  });
  return { ...away, url: url.href };
}
