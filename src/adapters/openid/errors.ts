import { Refusal } from '../../kernel/refusal.ts';

export const openidUnreachable = (issuer: string, why: string) =>
  new Refusal(
    'openid_unreachable',
    `The OpenID provider ${issuer} does not answer as one: ${why}`,
    'Look at <issuer>/.well-known/openid-configuration: it has to answer there, over TLS, with this very issuer.',
  );

export const openidUnfit = (issuer: string, what: string) =>
  new Refusal(
    'openid_unfit',
    `The OpenID provider ${issuer} cannot be used: ${what}`,
    'Bastide wants the authorization code flow with PKCE (S256), and ID tokens with an asymmetric signature.',
  );

export const openidRefused = (issuer: string, why: string) =>
  new Refusal(
    'openid_refused',
    `The sign-in at ${issuer} could not be verified: ${why}`,
    'Start again. Where it stays so, check the client id, the client secret and the redirect URI at the provider.',
  );
