import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeOpenId } from '../../adapters/openid/client.ts';
import {
  type Crooked,
  type CrookedProvider,
  crookedProvider,
} from '../../adapters/openid/testing/crooked.ts';
import { here } from '../../adapters/openid/testing/tls.ts';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { claimedIssuer, tokenKey } from './ci.ts';
import { bounded, fits } from './model/ci.ts';
import type { Role } from './model.ts';
import { keepKeys } from './perform.ts';
import { testAgent } from './testing/agent.ts';
import { people, testClock } from './testing/people.ts';

const clock = testClock(Date.now());
let api: TestApi;
let platform: CrookedProvider;
let agent: ReturnType<typeof testAgent>;
let owner: string;
let shop: Awaited<ReturnType<TestApi['world']>>;
let other: Awaited<ReturnType<TestApi['world']>>;
const p = people(() => api, clock);
let place = 0;
const call: typeof p.call = (method, url, options = {}) => {
  place += 1;
  const somewhere = p.from(`198.18.${place >> 8}.${place & 255}`);
  return p.call(method, url, { ...options, headers: { ...somewhere, ...options.headers } });
};

const AUDIENCE = 'https://bastide.localhost';
const MAIN = 'repo:acme/shop:ref:refs/heads/main';
const rule = (over: Record<string, unknown> = {}) => ({
  ...{ name: 'main', issuer: platform.provider.issuer, subject: MAIN },
  ...over,
});
const add = (body: unknown, project = 'shop', token = owner) =>
  call('POST', `/v1/projects/${project}/ci-trust`, { token, body });

/** Somebody's token that these tests' days do not end. */
async function tokenOf(role: Role, organizationId: string): Promise<string> {
  const token = await api.account(role, organizationId);
  await api.t.db
    .updateTable('api_tokens')
    .set({ expires_at: new Date(Date.now() + 30 * 86_400_000) })
    .execute();
  return token;
}

beforeAll(async () => {
  api = await testApi([], clock.now);
  platform = await crookedProvider('ci.example.org');
  agent = testAgent(api.t.db, makeOpenId({ anybody: here(platform.ca) }), clock.now);
  shop = await api.world('shop');
  other = await api.world('other');
  owner = await tokenOf('owner', shop.organizationId);
  expect((await add(rule({ claims: { environment: 'production' } }))).statusCode).toBe(202);
  await agent.work();
});
afterAll(async () => {
  platform.close();
  await api.close();
});

let jobs = 0;
/** What the CI platform signs for a job; every one has an id of its own. */
function job(claims: Record<string, unknown> = {}, how: Crooked = {}): Promise<string> {
  jobs += 1;
  const now = Math.floor(clock.now().getTime() / 1000);
  const usual = {
    ...{ iss: platform.provider.issuer, aud: AUDIENCE, sub: MAIN, environment: 'production' },
    ...{ iat: now, nbf: now, exp: now + 300, jti: `job-${jobs}` },
  };
  return platform.sign({ ...usual, ...claims }, how);
}
const exchange = (token: string, project = 'shop') =>
  call('POST', '/v1/ci/token', { body: { project, token } });
const given = async (token: string) => (await exchange(token)).json() as { token: string; expiresAt: string };
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
    const withId = await job();
    const answers = await Promise.all([exchange(withId), exchange(withId), exchange(withId)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 422, 422]);
    const without = await job({ jti: undefined });
    expect((await exchange(without)).statusCode).toBe(201);
    expect(codeOf(await exchange(without))).toBe('ci_token_refused');
    // The same id in a token that was signed anew is the same job.
    const again = await job({ jti: `job-${jobs - 1}` });
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

describe('a rule', () => {
  test.each([
    '*',
    'repo:*',
    'repo:*/shop:ref:refs/heads/main',
    'repo:acme*/shop:ref:refs/heads/main',
    'https://*',
    '*:acme/shop',
    '**',
    'repo:acme/*shop*:ref:refs/heads/main',
    '',
    'repo:acme/shop main',
  ])('that would let in anybody is not taken: %s', async (subject) => {
    const said = await add(rule({ subject }));
    expect(said.statusCode).toBe(422);
    expect(['ci_rule_unbounded', 'request_invalid']).toContain(codeOf(said));
  });

  test('is bounded by what comes before its first *, which stands for a part', () => {
    for (const subject of [
      MAIN,
      'repo:acme/*:ref:refs/heads/main',
      'repo:acme/shop:ref:refs/heads/release-*',
    ])
      expect(bounded(subject)).toBe(true);
    expect(fits('repo:acme/shop:ref:refs/tags/v*', 'repo:acme/shop:ref:refs/tags/v1.2')).toBe(true);
    expect(fits('repo:acme/shop:ref:refs/heads/*', 'repo:acme/shop:ref:refs/heads/a/b')).toBe(false);
    expect(fits('repo:acme/shop:*', 'repo:acme/shop:ref:refs/heads/main')).toBe(false);
    expect(fits('repo:acme/shop:ref:refs/heads/a*a', 'repo:acme/shop:ref:refs/heads/a')).toBe(false);
    expect(fits('1234', 1234)).toBe(true);
    for (const value of [undefined, null, ['1234'], { toString: () => '1234' }])
      expect(fits('1234', value)).toBe(false);
    // No claim of a rule is one that every object has.
    expect(fits('a.c', 'abc')).toBe(false);
  });

  test('is made by who may make deploy tokens, with a fresh factor, and by nobody of another organization', async () => {
    const developer = await tokenOf('developer', shop.organizationId);
    expect(codeOf(await add(rule(), 'shop', developer))).toBe('access_denied');
    const foreign = await tokenOf('owner', other.organizationId);
    expect(codeOf(await add(rule(), 'shop', foreign))).toBe('project_not_found');
    const person = await p.account('owner', shop.organizationId);
    const { token } = await p.signUp(person);
    clock.pass(11 * 60_000);
    expect(codeOf(await add(rule(), 'shop', token))).toBe('step_up_needed');
    const admin = await tokenOf('admin', other.organizationId);
    const rules = (await call('GET', '/v1/projects/shop/ci-trust', { token: owner })).json() as {
      rules: { id: string }[];
    };
    const url = `/v1/projects/other/ci-trust/${rules.rules[0]!.id}`;
    expect(codeOf(await call('DELETE', url, { token: admin }))).toBe('ci_rule_not_found');
  });

  test('that is removed ends what was given out under it, at once', async () => {
    await add(rule({ name: 'short', subject: 'repo:acme/shop:environment:staging' }));
    await agent.work();
    const { token } = await given(await job({ sub: 'repo:acme/shop:environment:staging' }));
    const { rules } = (await call('GET', '/v1/projects/shop/ci-trust', { token: owner })).json() as {
      rules: { id: string; name: string; audience: string; keys: string }[];
    };
    const found = rules.find(({ name }) => name === 'short')!;
    expect(found).toMatchObject({ audience: AUDIENCE, keys: 'ready' });
    const url = `/v1/projects/shop/ci-trust/${found.id}`;
    expect((await call('DELETE', url, { token: owner })).statusCode).toBe(200);
    expect(codeOf(await call('GET', '/v1/apps/shop', { token }))).toBe('not_signed_in');
    expect(codeOf(await exchange(await job({ sub: 'repo:acme/shop:environment:staging' })))).toBe(
      'ci_token_refused',
    );
    expect(codeOf(await call('DELETE', url, { token: owner }))).toBe('ci_rule_not_found');
  });

  test('ends on its day, and its tokens with it', async () => {
    await add(rule({ name: 'day', subject: 'repo:acme/shop:environment:day', days: 1 }));
    await agent.work();
    clock.pass(86_400_000 - 60_000);
    await keepKeys(agent.deps);
    const { expiresAt } = await given(await job({ sub: 'repo:acme/shop:environment:day' }));
    expect(Date.parse(expiresAt) - clock.now().getTime()).toBe(60_000);
    clock.pass(60_000);
    expect(codeOf(await exchange(await job({ sub: 'repo:acme/shop:environment:day' })))).toBe(
      'ci_token_refused',
    );
  });

  test('of a project that went to another organization is left behind', async () => {
    const moving = await api.world('moving');
    const mover = await tokenOf('owner', moving.organizationId);
    await add(rule({ subject: 'repo:acme/moving:ref:refs/heads/main' }), 'moving', mover);
    await agent.work();
    const before = await exchange(await job({ sub: 'repo:acme/moving:ref:refs/heads/main' }), 'moving');
    expect(before.statusCode).toBe(201);
    const token = await job({ sub: 'repo:acme/moving:ref:refs/heads/main' });
    await api.t.db
      .updateTable('projects')
      .set({ organization_id: other.organizationId })
      .where('id', '=', moving.projectId)
      .execute();
    expect(codeOf(await exchange(token, 'moving'))).toBe('ci_token_refused');
    const given = (before.json() as { token: string }).token;
    expect(codeOf(await call('GET', '/v1/apps/moving', { token: given }))).toBe('not_signed_in');
  });
});

describe('keys of an issuer', () => {
  test('that were replaced are fetched when a token comes with a new one, and the old ones count no more', async () => {
    await keepKeys(agent.deps);
    const before = await job();
    const { keys } = platform.say;
    const next = await crookedProvider('next.example.org');
    const renamed = (next.say.keys as { keys: object[] }).keys.map((key) => ({ ...key, kid: 'next' }));
    platform.say.keys = { keys: renamed };
    const token = await next.sign(
      {
        ...{
          iss: platform.provider.issuer,
          aud: AUDIENCE,
          sub: MAIN,
          environment: 'production',
          jti: 'next-1',
        },
        iat: Math.floor(clock.now().getTime() / 1000),
        exp: Math.floor(clock.now().getTime() / 1000) + 300,
      },
      { header: { kid: 'next' } },
    );
    expect(codeOf(await exchange(token))).toBe('ci_keys_missing');
    clock.pass(61_000);
    await keepKeys(agent.deps);
    expect((await exchange(token)).statusCode).toBe(201);
    expect(codeOf(await exchange(before))).toBe('ci_keys_missing');
    platform.say.keys = keys;
    next.close();
  });

  test('are not believed for longer than a day where the issuer does not answer', async () => {
    clock.pass(61_000);
    await keepKeys(agent.deps);
    const first = await exchange(await job());
    expect(
      first.statusCode,
      `${first.body}${JSON.stringify(await api.t.db.selectFrom('ci_issuers').selectAll().execute())}`,
    ).toBe(201);
    platform.say.redirect = 'https://169.254.169.254/';
    clock.pass(2 * 3_600_000);
    await keepKeys(agent.deps);
    expect((await exchange(await job())).statusCode).toBe(201);
    const { rules } = (await call('GET', '/v1/projects/shop/ci-trust', { token: owner })).json() as {
      rules: { failure: string | null }[];
    };
    expect(rules[0]!.failure).toContain('does not answer as one');
    clock.pass(24 * 3_600_000);
    expect(codeOf(await exchange(await job()))).toBe('ci_keys_missing');
    platform.say.redirect = undefined;
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
