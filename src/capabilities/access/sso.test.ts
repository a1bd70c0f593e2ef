import { afterAll, describe, expect, test } from 'vitest';
import { visit } from '../../adapters/openid/testing/tls.ts';
import { codeOf } from '../../api/testing.ts';
import { REDIRECT, ssoWorld } from './testing/sso.ts';
import { codeAt } from './totp.ts';

/** Everything here goes through a real OpenID provider, over TLS, with a browser's redirects. */
const { api, idp, agent, clock, p, call, begin, back, answer, finish, through, linked, close } =
  await ssoWorld();
afterAll(close);

const detailsOf = async (account: string) =>
  (
    await api.t.db
      .selectFrom('audit_log')
      .select(['action', 'outcome', 'detail'])
      .where('actor', '=', account)
      .execute()
  ).map((row) => row.detail);

describe('a person', () => {
  test('links an account with a fresh second factor, and then signs in with the provider and a second factor', async () => {
    const { person, seed, said } = await linked('ada-there');
    expect(said).toEqual({ provider: 'corp', issuer: idp.issuer, subject: 'ada-there' });
    const begun = await begin();
    const early = await finish(begun.login);
    expect(codeOf(early)).toBe('sso_refused');
    const back1 = await back(begun, 'ada-there');
    expect((await answer(back1)).statusCode).toBe(200);
    expect(codeOf(await finish(begun.login))).toBe('sso_pending');
    await agent.work();
    const answers = await Promise.all([finish(begun.login), finish(begun.login), finish(begun.login)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 422, 422]);
    const half = answers.find(({ statusCode }) => statusCode === 201)!.json() as { token: string };
    expect(half).toMatchObject({ account: person.name, level: 1, factors: ['totp', 'recovery'] });
    // Signed in at the provider is not signed in here: everything waits for our own second factor.
    for (const [method, url] of [
      ['GET', '/v1/account'],
      ['GET', '/v1/apps'],
      ['POST', '/v1/account/tokens'],
      ['POST', '/v1/account/devices/BBBB-BBBB/approve'],
    ] as const)
      expect(codeOf(await call(method, url, { token: half.token }))).toBe('second_factor_needed');
    const whole = await p.prove(half.token, seed);
    expect((await call('GET', '/v1/account', { token: whole })).json()).toMatchObject({ name: person.name });
    expect(await detailsOf(person.name)).toContainEqual(expect.objectContaining({ how: 'sso:corp' }));
  });

  test('lets a CLI in with a session that came of the provider', async () => {
    const { person, seed } = await linked('grace-there');
    const half = (await through(await begin(), 'grace-there')).json() as { token: string };
    const token = await p.prove(half.token, seed);
    const device = (
      await call('POST', '/v1/sessions/device', { body: { device: 'bastide on laptop' } })
    ).json() as { userCode: string; deviceCode: string };
    const url = `/v1/account/devices/${device.userCode}/approve`;
    expect((await call('POST', url, { token })).statusCode).toBe(200);
    const got = await call('POST', '/v1/sessions/device/token', { body: { deviceCode: device.deviceCode } });
    expect(got.json()).toMatchObject({ account: person.name, level: 2 });
  });

  test('sees what is linked and unlinks it; then it signs nobody in', async () => {
    const { token } = await linked('joan-there');
    const list = async () => (await call('GET', '/v1/account/sso', { token })).json() as { links: unknown[] };
    expect((await list()).links).toMatchObject([
      { provider: 'corp', subject: 'joan-there', lastUsedAt: null },
    ]);
    expect((await call('DELETE', '/v1/account/sso/corp', { token })).statusCode).toBe(200);
    expect((await list()).links).toEqual([]);
    expect(codeOf(await call('DELETE', '/v1/account/sso/corp', { token }))).toBe('sso_link_not_found');
    expect(codeOf(await through(await begin(), 'joan-there'))).toBe('sso_not_linked');
  });

  test('who recovers the account ends every link: somebody else may have made one', async () => {
    const { person, seed, codes } = await linked('rosa-there');
    clock.pass(30_000);
    const body = {
      ...{ email: person.email, recoveryCode: codes[0], code: codeAt(seed, clock.now()) },
      password: 'quarry lamp otter violet 8',
    };
    expect((await call('POST', '/v1/accounts/recover', { body })).statusCode).toBe(200);
    expect(codeOf(await through(await begin(), 'rosa-there'))).toBe('sso_not_linked');
  });

  test('whose account was disabled is not signed in, and the one who comes after may link', async () => {
    const { person } = await linked('mary-there');
    const disabled_at = clock.now();
    await api.t.db.updateTable('accounts').set({ disabled_at }).where('id', '=', person.id).execute();
    expect(codeOf(await through(await begin(), 'mary-there'))).toBe('sso_not_linked');
    await linked('mary-there');
    expect((await through(await begin(), 'mary-there')).statusCode).toBe(201);
  });
});

describe('nobody', () => {
  test('gets an account by the address that a provider vouches for (Coolify CVE-2026-86117)', async () => {
    const { person } = await linked('victim-there');
    // Another subject with the victim's address, which the provider says is verified.
    const done = await through(await begin(), 'attacker-there', undefined, person.email);
    expect(codeOf(done)).toBe('sso_not_linked');
    expect(done.body).not.toContain(person.name);
    const unlinked = await p.account();
    expect(codeOf(await through(await begin(), 'other-there', undefined, unlinked.email))).toBe(
      'sso_not_linked',
    );
    const sessions = await api.t.db
      .selectFrom('sessions')
      .select('id')
      .where('account_id', '=', unlinked.id)
      .execute();
    expect(sessions).toEqual([]);
  });

  test('links without a fresh second factor: no token, no half session, no old one', async () => {
    const person = await p.account();
    const body = { provider: 'corp' };
    const start = (token: string) => call('POST', '/v1/account/sso', { token, body });
    expect(codeOf(await start(await api.account(undefined)))).toBe('session_needed');
    expect(codeOf(await start(await p.half(person)))).toBe('second_factor_needed');
    const { token } = await p.signUp(person);
    const begun = await begin(token);
    clock.pass(10 * 60_000 - 5000);
    const answered = await back(begun, 'late-there');
    expect((await answer(answered)).statusCode).toBe(200);
    await agent.work();
    clock.pass(6000);
    expect(codeOf(await finish(begun.login, token))).toBe('step_up_needed');
  });

  test('turns a sign-in into a link, a link into a sign-in, or somebody else’s login into his own', async () => {
    const [ada, eve] = [await p.signUp(await p.account()), await p.signUp(await p.account())];
    const link = await begin(ada.token);
    await answer(await back(link, 'twist-there'));
    await agent.work();
    expect(codeOf(await finish(link.login))).toBe('sso_refused');
    expect(codeOf(await finish(link.login, eve.token))).toBe('sso_refused');
    const signing = await begin();
    await answer(await back(signing, 'twist-there'));
    await agent.work();
    expect(codeOf(await finish(signing.login, eve.token))).toBe('sso_refused');
    expect((await finish(link.login, ada.token)).statusCode).toBe(200);
  });

  test('takes over who somebody else is at the provider', async () => {
    await linked('taken-there');
    const eve = await p.signUp(await p.account());
    expect(codeOf(await through(await begin(eve.token), 'taken-there', eve.token))).toBe('sso_subject_taken');
    const { token } = await linked('first-there');
    expect(codeOf(await through(await begin(token), 'second-there', token))).toBe('sso_linked_already');
  });

  test('signs somebody else in with a code of his own: the page that began it has to finish it (login CSRF)', async () => {
    await linked('eve-there');
    const mine = await begin();
    const theirs = await begin();
    const evil = await back(theirs, 'eve-there');
    // The victim's browser was sent to the redirect URI with the attacker's code and state: its page knows another state.
    expect(codeOf(await answer({ ...evil, login: mine.login }))).toBe('sso_refused');
    // With the victim's own state the code does not fit the verifier and the nonce.
    expect((await answer({ ...evil, login: mine.login, state: mine.state })).statusCode).toBe(200);
    await agent.work();
    expect(codeOf(await finish(mine.login))).toBe('sso_refused');
  });

  test('uses an answer twice, or one that took too long', async () => {
    await linked('twice-there');
    const begun = await begin();
    const said = await back(begun, 'twice-there');
    const [one, other] = await Promise.all([answer(said), answer(said)]);
    expect([one.statusCode, other.statusCode].sort()).toEqual([200, 422]);
    await agent.work();
    expect((await finish(begun.login)).statusCode).toBe(201);
    const again = await begin();
    expect((await answer({ ...said, login: again.login, state: again.state })).statusCode).toBe(200);
    await agent.work();
    expect(codeOf(await finish(again.login))).toBe('sso_refused');
    const late = await begin();
    const answered = await back(late, 'twice-there');
    clock.pass(10 * 60_000);
    expect(codeOf(await answer(answered))).toBe('sso_refused');
  });

  test('is led elsewhere: where a browser goes and comes back to is said by the platform alone (open redirect)', async () => {
    const { url } = await begin();
    const at = new URL(url);
    expect(at.origin).toBe(idp.issuer);
    const sent = Object.fromEntries(at.searchParams);
    expect(sent).toMatchObject({
      ...{ redirect_uri: REDIRECT, response_type: 'code', scope: 'openid' },
      ...{ code_challenge_method: 'S256', client_id: idp.clientId },
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(sent[name]!.length).toBeGreaterThan(40);
    for (const field of ['redirectUri', 'redirect_uri', 'next', 'url']) {
      const body = { provider: 'corp', [field]: 'https://evil.example.org/' };
      expect((await call('POST', '/v1/sessions/sso', { body })).statusCode).toBe(422);
    }
    // The provider holds the other end: it knows the one URI and no other.
    at.searchParams.set('redirect_uri', 'https://evil.example.org/sso');
    await expect(visit(at.href, idp.ca)).rejects.toThrow('leads nowhere');
  });
});
