import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { Secret } from '../../../kernel/secret.ts';
import type { Provider } from '../port.ts';
import { type TlsServer, tlsServer } from './tls.ts';

type Claims = JWTPayload & Record<string, unknown>;

/** What a token says besides its claims, and who signs it. */
export interface Crooked {
  readonly claims?: Claims;
  readonly header?: Readonly<Record<string, unknown>>;
  /** `right`: the published key; `other`: one that is not published; `none`: no signature; `shared`: the client secret. */
  readonly by?: 'right' | 'other' | 'none' | 'shared';
}

export interface CrookedProvider extends TlsServer {
  readonly provider: Provider;
  /** Changed by a test: what it says of itself, what its next ID token is, what it publishes. */
  readonly say: {
    metadata: Record<string, unknown>;
    token: Crooked;
    nonce: string;
    keys: unknown;
    redirect: string | undefined;
  };
  /** A token as it would sign one. */
  sign(claims: Claims, how?: Crooked): Promise<string>;
}

const unsigned = (header: object, claims: object): string =>
  `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

/** A provider that does whatever a test tells it, however wrong. */
export async function crookedProvider(host = 'crooked.example.org'): Promise<CrookedProvider> {
  const [right, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const published = { ...(await exportJWK(right.publicKey)), kid: 'right', use: 'sig', alg: 'ES256' };
  const secret = new Secret('a-client-secret-that-is-long-enough-for-hs256');
  const say: CrookedProvider['say'] = {
    ...{ metadata: {}, token: {}, nonce: '', keys: { keys: [published] }, redirect: undefined },
  };
  const sign: CrookedProvider['sign'] = async (claims, { header = {}, by = 'right' } = {}) => {
    if (by === 'none') return unsigned({ alg: 'none', ...header }, claims);
    const alg = by === 'shared' ? 'HS256' : 'ES256';
    const key = { right: right.privateKey, other: other.privateKey, shared: Buffer.from(secret.reveal()) }[
      by
    ];
    return new SignJWT(claims).setProtectedHeader({ alg, kid: 'right', ...header }).sign(key);
  };
  const server = await tlsServer(host, (origin) => async (request, response) => {
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const path = new URL(request.url ?? '/', origin).pathname;
    if (say.redirect !== undefined) return response.writeHead(302, { location: say.redirect }).end();
    if (path === '/.well-known/openid-configuration')
      return json({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        jwks_uri: `${origin}/keys`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['ES256'],
        code_challenge_methods_supported: ['S256'],
        ...say.metadata,
      });
    if (path === '/keys') return json(say.keys);
    if (path !== '/token') return response.writeHead(404).end();
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: origin, aud: 'bastide', sub: 'ada', iat: now, exp: now + 300, nonce: say.nonce },
      ...say.token.claims,
    };
    const id_token = await sign(claims, say.token);
    return json({ access_token: 'x', token_type: 'Bearer', expires_in: 300, id_token });
  });
  const provider = { issuer: server.origin, clientId: 'bastide', secret, ca: server.ca };
  return { ...server, provider, say, sign };
}
