import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { Secret } from '../../../kernel/secret.ts';
import { type TlsServer, tlsServer } from './tls.ts';

export interface RealProvider extends TlsServer {
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: Secret;
  /** Who sits in front of every browser, and the address that the provider vouches for. */
  readonly who: { subject: string; email: string };
}

/**
 * A certified OpenID provider (npm oidc-provider), in this process. Whoever comes is signed in as `who` at once. It puts
 * an address that it vouches for into every ID token, asked for or not, as some do.
 */
export async function realProvider(redirectUri: string, host = 'id.example.org'): Promise<RealProvider> {
  const who = { subject: 'subject-1', email: 'nobody@example.org' };
  const [clientId, secret] = ['bastide-at-test', new Secret('canary-client-secret-0123456789abcdef')];
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'one', use: 'sig', alg: 'RS256' };
  const server = await tlsServer(host, (origin) => {
    const provider = new Provider(origin, {
      clients: [
        {
          ...{ client_id: clientId, client_secret: secret.reveal(), redirect_uris: [redirectUri] },
          ...{ response_types: ['code'], grant_types: ['authorization_code'] },
        },
      ],
      jwks: { keys: [key] },
      cookies: { keys: ['of these tests alone'] },
      pkce: { required: () => true },
      claims: { openid: ['sub', 'email', 'email_verified'] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      ttl: {
        AccessToken: 600,
        AuthorizationCode: 60,
        IdToken: 600,
        Interaction: 600,
        Session: 600,
        Grant: 600,
      },
      findAccount: async (_ctx, id) => ({
        accountId: id,
        claims: async () => ({ sub: id, email: who.email, email_verified: true }),
      }),
      async loadExistingGrant({ oidc }) {
        const grant = new oidc.provider.Grant({
          clientId: oidc.client.clientId,
          accountId: oidc.session.accountId,
        });
        grant.addOIDCScope('openid');
        await grant.save();
        return grant;
      },
    });
    const handle = provider.callback();
    return (request, response) =>
      request.url?.startsWith('/interaction/')
        ? void provider.interactionFinished(request, response, { login: { accountId: who.subject } })
        : handle(request, response);
  });
  return { ...server, issuer: server.origin, clientId, secret, who };
}
