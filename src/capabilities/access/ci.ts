import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { CI_AGE } from './model/ci.ts';

/** Signatures that only the issuer can make: none at all and shared secrets are not among them. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Seconds that clocks may differ by. */
const TOLERANCE = 30;

/** Who a token says that signed it: unverified, good for looking up what to verify it with and for nothing else. */
export function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

export type Judged =
  | { readonly claims: JWTPayload & { readonly sub: string; readonly exp: number } }
  /** It was signed with a key that is not known, or it is not to be believed. */
  | { readonly wrong: 'key' | 'token' };

/** What a token says, once its signature, issuer, audience and times were verified by jose. */
export async function judged(
  token: string,
  keys: JSONWebKeySet,
  { issuer, audience, now }: { readonly issuer: string; readonly audience: string; readonly now: Date },
): Promise<Judged> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      ...{ issuer, audience, algorithms: ALGORITHMS, currentDate: now },
      ...{ requiredClaims: ['sub', 'exp', 'iat'], maxTokenAge: CI_AGE, clockTolerance: TOLERANCE },
    });
    const { sub, exp, aud } = payload;
    // For us alone: what is for somebody else too, somebody else could bring.
    const alone = !Array.isArray(aud) || aud.length === 1;
    if (!sub || exp === undefined || !alone) return { wrong: 'token' };
    return { claims: { ...payload, sub, exp } };
  } catch (error) {
    return { wrong: error instanceof errors.JWKSNoMatchingKey ? 'key' : 'token' };
  }
}

/** What is kept of a token that was exchanged: its id, or, where it has none, all that was signed. */
export function tokenKey(issuer: string, token: string, jti: unknown): Buffer {
  const what = typeof jti === 'string' && jti !== '' ? `jti ${jti}` : token.slice(0, token.lastIndexOf('.'));
  return createHash('sha256')
    .update(JSON.stringify([issuer, what]))
    .digest();
}
