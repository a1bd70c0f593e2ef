import { afterAll, describe, expect, test } from 'vitest';
import { crookedProvider } from '../../adapters/openid/testing/crooked.ts';
import { codeOf } from '../../api/testing.ts';
import { bounded, fits } from './model/ci.ts';
import { keepKeys } from './perform.ts';
import { AUDIENCE, ciWorld, MAIN } from './testing/ci.ts';

const {
  api,
  platform,
  agent,
  clock,
  p,
  call,
  shop,
  other,
  owner,
  tokenOf,
  rule,
  add,
  job,
  exchange,
  given,
  close,
} = await ciWorld();
afterAll(close);

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
    const said = async () =>
      (await api.t.db.selectFrom('audit_log').select('seq').where('action', '=', 'ci:exchange').execute())
        .length;
    const before0 = await said();
    expect(codeOf(await exchange(token))).toBe('ci_keys_missing');
    // Anybody can write a token with a key that nobody has: it is no line of the customer's.
    expect(await said()).toBe(before0);
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
