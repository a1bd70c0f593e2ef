import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isRefusal, must, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { internet } from '../outbound/outbound.ts';
import { makeOpenId } from './client.ts';
import type { Answer } from './port.ts';
import { type CrookedProvider, crookedProvider } from './testing/crooked.ts';
import { here } from './testing/tls.ts';

const ANSWER: Answer = {
  redirectUri: 'https://bastide.localhost/sso',
  code: 'code-1',
  state: 'state-1',
  iss: undefined,
  expected: { state: 'state-1', nonce: 'nonce-1', verifier: new Secret('v'.repeat(43)) },
};

let crooked: CrookedProvider;
const openid = makeOpenId({ operators: here() });
beforeAll(async () => {
  crooked = await crookedProvider();
});
afterAll(() => crooked.close());
beforeEach(() => {
  Object.assign(crooked.say, { metadata: {}, token: {}, nonce: 'nonce-1', redirect: undefined });
  crooked.heard.length = 0;
});

const codeOf = <T>(outcome: Outcome<T>) => (isRefusal(outcome) ? outcome.code : outcome);
const subject = async (answer: Partial<Answer> = {}) =>
  codeOf(await openid.subject(crooked.provider, { ...ANSWER, ...answer }));

describe('an ID token', () => {
  test('that fits names the subject', async () => {
    expect(await subject()).toBe('ada');
  });

  const hour = 3600;
  const now = () => Math.floor(Date.now() / 1000);
  test.each([
    ['is signed by nobody (alg none)', { by: 'none' as const }],
    ['is signed by a key that is not published', { by: 'other' as const }],
    ['is signed with the client secret (HS256)', { by: 'shared' as const }],
    ['is for somebody else', { claims: { aud: 'another' } }],
    ['is of another issuer', { claims: { iss: 'https://another.example.org' } }],
    ['is over', { claims: { iat: now() - 2 * hour, exp: now() - hour } }],
    ['has another nonce', { claims: { nonce: 'nonce-2' } }],
    ['has no nonce', { claims: { nonce: undefined } }],
    ['names no subject', { claims: { sub: undefined } }],
    ['names an empty subject', { claims: { sub: '' } }],
  ])('that %s signs nobody in', async (_what, token) => {
    crooked.say.token = token as CrookedProvider['say']['token'];
    expect(await subject()).toBe('openid_refused');
  });
});

describe('what came back with the browser', () => {
  test('with another state is not exchanged', async () => {
    expect(await subject({ state: 'state-2' })).toBe('openid_refused');
    expect(crooked.heard).not.toContain('/token');
  });

  test('of another issuer is not exchanged (mix-up, RFC 9207)', async () => {
    crooked.say.metadata = { authorization_response_iss_parameter_supported: true };
    expect(await subject({ iss: 'https://another.example.org' })).toBe('openid_refused');
    expect(await subject()).toBe('openid_refused');
    expect(crooked.heard).not.toContain('/token');
    expect(await subject({ iss: crooked.provider.issuer })).toBe('ada');
  });
});

describe('a provider', () => {
  const discover = async () => {
    const said = await openid.discover(crooked.provider);
    return isRefusal(said) ? said.code : said.issuer;
  };

  test('says of itself what a browser needs', async () => {
    expect(await discover()).toBe(crooked.provider.issuer);
  });

  test.each([
    ['calls itself by another name', { issuer: 'https://another.example.org' }, 'openid_unreachable'],
    ['has no PKCE with S256', { code_challenge_methods_supported: ['plain'] }, 'openid_unfit'],
    [
      'has its sign-in page without TLS',
      { authorization_endpoint: 'http://x.example.org/a' },
      'openid_unfit',
    ],
    [
      'has a sign-in page that is a script',
      { authorization_endpoint: 'javascript:alert(1)' },
      'openid_unfit',
    ],
    ['publishes no keys', { jwks_uri: undefined }, 'openid_unfit'],
  ])('that %s is not used', async (_what, metadata, code) => {
    crooked.say.metadata = metadata;
    expect(await discover()).toBe(code);
  });

  test('that sends us elsewhere is not followed', async () => {
    crooked.say.redirect = 'http://169.254.169.254/latest/meta-data';
    expect(await discover()).toBe('openid_unreachable');
  });

  test('of another authority is not believed', async () => {
    const { ca: _, ...without } = crooked.provider;
    expect(codeOf(await openid.discover(without))).toBe('openid_unreachable');
  });
});

describe('keys of an issuer that anybody with a project names', () => {
  test('are the published ones', async () => {
    const keys = must(await makeOpenId({ anybody: here(crooked.ca) }).keys(crooked.provider.issuer));
    expect(keys.keys).toMatchObject([{ kid: 'right', kty: 'EC' }]);
  });

  test('are those of an issuer as it spells itself: a slash more and its tokens would never fit', async () => {
    const issuer = `${crooked.provider.issuer}/`;
    const said = await makeOpenId({ anybody: here(crooked.ca) }).keys(issuer);
    expect(isRefusal(said) && said.message).toContain(`it calls itself ${crooked.provider.issuer}`);
  });

  test.each(['127.0.0.1', '10.200.0.1', '169.254.169.254', '[::1]', 'localhost'])(
    'at %s are not asked for (SSRF)',
    async (host) => {
      const issuer = `https://${host}:${crooked.port}`;
      expect(codeOf(await makeOpenId({ anybody: internet }).keys(issuer))).toBe('openid_unreachable');
      expect(crooked.heard).toEqual([]);
    },
  );

  test('are not fetched where the issuer says they are inside', async () => {
    const asked: string[] = [];
    const outside = {
      ...here(crooked.ca),
      permitted: (address: string, port: number) => {
        asked.push(`${address}:${port}`);
        return port === crooked.port && address === '127.0.0.1';
      },
    };
    crooked.say.metadata = { jwks_uri: 'https://10.0.0.1/keys' };
    expect(codeOf(await makeOpenId({ anybody: outside }).keys(crooked.provider.issuer))).toBe(
      'openid_unreachable',
    );
    expect(asked).toContain('10.0.0.1:443');
  });
});
