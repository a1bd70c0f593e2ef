import { afterAll, describe, expect, test } from 'vitest';
import type { Crooked } from '../../adapters/openid/testing/crooked.ts';
import { codeOf } from '../../api/testing.ts';
import { claimedIssuer, tokenKey } from './ci.ts';
import { AUDIENCE, ciWorld, MAIN } from './testing/ci.ts';

const { api, clock, p, call, rule, add, job, exchange, given, close } = await ciWorld();
afterAll(close);

const reasons = async () =>
  (
    await api.t.db
      .selectFrom('audit_log')
      .select(['outcome', 'detail'])
      .where('action', '=', 'ci:exchange')
      .execute()
  ).map(({ outcome, detail }) => `${outcome} ${(detail as { wrong?: string }).wrong ?? ''}`.trim());

describe('a CI job', () => {
  test('gets a deploy token for fifteen minutes, for its project and for deploying only', async () => {
    const { token, expiresAt } = await given(await job());
    expect(token).toMatch(/^bsd_/);
    expect(Date.parse(expiresAt) - clock.now().getTime()).toBe(15 * 60_000);
    expect((await call('GET', '/v1/apps/shop', { token })).statusCode).toBe(200);
    expect((await call('GET', '/v1/account', { token })).json()).toMatchObject({ name: 'deploy:main' });
    expect(codeOf(await call('GET', '/v1/apps/other', { token }))).toBe('app_not_found');
    for (const url of [
      '/v1/apps/shop/config',
      '/v1/projects/shop/ci-trust',
      '/v1/projects/shop/deploy-tokens',
    ])
      expect(codeOf(await call('GET', url, { token }))).toBe('access_denied');
    expect(codeOf(await add(rule(), 'shop', token))).toBe('access_denied');
    expect(await reasons()).toContain('allowed');
    clock.pass(15 * 60_000);
    expect(codeOf(await call('GET', '/v1/apps/shop', { token }))).toBe('not_signed_in');
  });

  const now = () => Math.floor(clock.now().getTime() / 1000);
  test.each<[string, () => [Record<string, unknown>, Crooked?]]>([
    ['is signed by nobody (alg none)', () => [{}, { by: 'none' }]],
    ['is signed by another key of the same name', () => [{}, { by: 'other' }]],
    ['is signed with a shared secret', () => [{}, { by: 'shared' }]],
    ['is for another audience', () => [{ aud: 'https://github.com/acme' }]],
    ['is for somebody else too', () => [{ aud: [AUDIENCE, 'https://evil.example.org'] }]],
    ['has no audience', () => [{ aud: undefined }]],
    ['is over', () => [{ iat: now() - 900, exp: now() - 60 }]],
    ['never ends', () => [{ exp: undefined }]],
    ['was signed long ago', () => [{ iat: now() - 3700, exp: now() + 900 }]],
    ['was signed tomorrow', () => [{ iat: now() + 86_400, exp: now() + 90_000 }]],
    ['does not hold yet', () => [{ nbf: now() + 600 }]],
    ['has no subject', () => [{ sub: undefined }]],
    ['is of another branch', () => [{ sub: 'repo:acme/shop:ref:refs/heads/evil' }]],
    ['is of a pull request', () => [{ sub: 'repo:acme/shop:pull_request' }]],
    ['is of another repository', () => [{ sub: 'repo:evil/shop:ref:refs/heads/main' }]],
    ['goes on after the subject', () => [{ sub: `${MAIN}:evil` }]],
    ['lacks another claim of the rule', () => [{ environment: undefined }]],
    ['has another claim of the rule otherwise', () => [{ environment: ['production'] }]],
    ['is of another issuer', () => [{ iss: 'https://evil.example.org' }]],
  ])('whose token %s gets nothing', async (_what, make) => {
    const refused = await exchange(await job(...make()));
    expect(codeOf(refused)).toBe('ci_token_refused');
    expect(refused.body).not.toContain('bsd_');
  });

  test('exchanges a token once, at the same time too, with an id in it and without', async () => {
    const withId = await job({ jti: 'the-one' });
    const answers = await Promise.all([exchange(withId), exchange(withId), exchange(withId)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 422, 422]);
    const without = await job({ jti: undefined });
    expect((await exchange(without)).statusCode).toBe(201);
    expect(codeOf(await exchange(without))).toBe('ci_token_refused');
    // The same id in a token that was signed anew is the same job.
    const again = await job({ jti: 'the-one' });
    expect(codeOf(await exchange(again))).toBe('ci_token_refused');
    expect(await reasons()).toContain('denied used before');
  });

  test('gets the same answer for a project that is not there and for one without a rule', async () => {
    const token = await job();
    const [none, foreign] = [await exchange(token, 'nowhere'), await exchange(token, 'other')];
    expect(foreign.json()).toMatchObject({ error: (none.json() as { error: object }).error });
    expect(codeOf(none)).toBe('ci_token_refused');
  });

  test('that guesses waits', async () => {
    const guess = async () =>
      codeOf(
        await p.call('POST', '/v1/ci/token', { body: { project: 'shop', token: await job({ aud: 'x' }) } }),
      );
    for (let tries = 0; tries < 10; tries += 1) expect(await guess()).toBe('ci_token_refused');
    expect(await guess()).toBe('sign_in_throttled');
  });
});

test('a token is known again by its id, or by all that was signed; what is no token names no issuer', () => {
  const key = (token: string, jti?: unknown, issuer = 'i') => tokenKey(issuer, token, jti).toString('hex');
  expect(key('a.b.c', 'x')).toBe(key('d.e.f', 'x'));
  expect(key('a.b.c', 'x')).not.toBe(key('a.b.c', 'x', 'j'));
  expect(key('a.b.c')).toBe(key('a.b.d'));
  expect(key('a.b.c')).not.toBe(key('a.x.c'));
  for (const text of ['', 'a.b.c', '..', 'eyJ9.eyJ9.']) expect(claimedIssuer(text)).toBeUndefined();
});
