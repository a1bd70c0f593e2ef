import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { Secret } from '../../kernel/secret.ts';
import { softAuthenticator, type Tamper } from './testing/authenticator.ts';
import { PASSWORD, type Person, people, testClock } from './testing/people.ts';
import { codeAt } from './totp.ts';

const clock = testClock();
let api: TestApi;
const p = people(() => api, clock);
const { call } = p;

beforeAll(async () => {
  api = await testApi([], clock.now);
});
afterAll(() => api.close());
beforeEach(() => clock.pass(2 * 3_600_000));

const optionsAt = async (url: string, token?: string) =>
  ((await call('POST', url, { token })).json() as { options: Record<string, unknown> }).options;

async function addPasskey(token: string, tamper: Tamper = {}, key = softAuthenticator()) {
  const made = key.make(await optionsAt('/v1/account/passkeys/options', token), tamper);
  const answer = await call('POST', '/v1/account/passkeys', { token, body: { name: 'key', answer: made } });
  return { key, answer };
}

async function withPasskey(person: Person) {
  const { key, answer } = await addPasskey(await p.half(person));
  expect(answer.statusCode, answer.body).toBe(201);
  return { key, token: (answer.json() as { session: { token: string } }).session.token };
}

describe('a passkey', () => {
  const signIn = async (key: ReturnType<typeof softAuthenticator>, tamper: Tamper = {}, options?: object) =>
    call('POST', '/v1/sessions/passkey', {
      body: {
        answer: key.use({ ...(options ?? (await optionsAt('/v1/sessions/passkey/options'))) }, tamper),
      },
    });

  test('alone signs in wholly, and asks for the person to be verified', async () => {
    const person = await p.account();
    const { key } = await withPasskey(person);
    const options = await optionsAt('/v1/sessions/passkey/options');
    expect(options).toMatchObject({ userVerification: 'required', rpId: 'bastide.localhost' });
    const answer = await signIn(key);
    expect(answer.json()).toMatchObject({ level: 2, account: person.name });
    const { token } = answer.json() as { token: string };
    expect((await call('GET', '/v1/account', { token })).statusCode).toBe(200);
  });

  test('without verification of the person signs nobody in and is not enrolled (gap measured in the framework)', async () => {
    const { key } = await withPasskey(await p.account());
    expect(codeOf(await signIn(key, { verified: false }))).toBe('passkey_refused');
    const other = await addPasskey(await p.half(await p.account()), { verified: false });
    expect(codeOf(other.answer)).toBe('passkey_refused');
  });

  test.each([
    ['another origin', { origin: 'https://bastide.localhost.evil.example' }],
    ['another host', { host: 'evil.example' }],
    ['another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
  ])('that answers for %s is refused', async (_, tamper) => {
    const { key } = await withPasskey(await p.account());
    expect(codeOf(await signIn(key, tamper))).toBe('passkey_refused');
  });

  test('answers a challenge once, for its purpose, within five minutes', async () => {
    const { key, token } = await withPasskey(await p.account());
    const options = await optionsAt('/v1/sessions/passkey/options');
    const body = { answer: key.use(options) };
    const both = await Promise.all([1, 2].map(() => call('POST', '/v1/sessions/passkey', { body })));
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([201, 401]);
    const late = await optionsAt('/v1/sessions/passkey/options');
    const registering = await optionsAt('/v1/account/passkeys/options', token);
    expect(codeOf(await signIn(key, {}, registering))).toBe('passkey_refused');
    clock.pass(301_000);
    expect(codeOf(await signIn(key, {}, late))).toBe('passkey_refused');
  });

  test('whose counter goes back is a copy, and refused', async () => {
    const { key } = await withPasskey(await p.account());
    expect((await signIn(key, { counter: 50 })).statusCode).toBe(201);
    expect(codeOf(await signIn(key, { counter: 50 }))).toBe('passkey_refused');
    expect(codeOf(await signIn(key, { counter: 7 }))).toBe('passkey_refused');
  });

  test("proves a second factor for its own account, and not for another's half session", async () => {
    const [ada, eve] = [await p.account(), await p.account()];
    const mine = await withPasskey(ada);
    const hers = await withPasskey(eve);
    const half = await p.half(ada);
    const prove = async (key: ReturnType<typeof softAuthenticator>) =>
      call('POST', '/v1/account/session/passkey', {
        token: half,
        body: { answer: key.use(await optionsAt('/v1/account/session/passkey/options', half)) },
      });
    expect(codeOf(await prove(hers.key))).toBe('passkey_refused');
    expect((await prove(mine.key)).json()).toMatchObject({ level: 2, account: ada.name });
  });

  test('of one account cannot be taken by another', async () => {
    const { key } = await withPasskey(await p.account());
    const { answer } = await addPasskey(await p.half(await p.account()), {}, key);
    expect(codeOf(answer)).toBe('passkey_refused');
  });
});

describe('a fresh second factor', () => {
  test('is asked for by what is dangerous, and lasts ten minutes', async () => {
    const { token, seed } = await p.signUp(await p.account());
    const make = () => call('POST', '/v1/account/tokens', { token, body: { name: 'ci' } });
    expect((await make()).statusCode).toBe(201);
    clock.pass(10 * 60_000);
    expect([(await make()).statusCode, codeOf(await make())]).toEqual([403, 'step_up_needed']);
    expect(await p.prove(token, seed)).toBe(token);
    expect((await make()).statusCode).toBe(201);
  });

  test('is not what a token has: where the account has a factor, its tokens make no tokens', async () => {
    const { token } = await p.signUp(await p.account());
    const made = (await call('POST', '/v1/account/tokens', { token, body: { name: 'ci' } })).json();
    const stolen = (made as { token: string }).token;
    expect((await call('GET', '/v1/account', { token: stolen })).statusCode).toBe(200);
    for (const [method, url, body] of [
      ['POST', '/v1/account/tokens', { name: 'more' }],
      ['PUT', '/v1/account/password', { password: 'a new one for the thief' }],
      ['DELETE', '/v1/account/totp', undefined],
      ['POST', '/v1/account/recovery-codes', undefined],
    ] as const)
      expect(codeOf(await call(method, url, { token: stolen, body })), url).toBe('step_up_needed');
    expect(codeOf(await call('POST', '/v1/account/totp', { token: stolen }))).toBe('session_needed');
  });
});

describe('a change of factors', () => {
  test('needs a fresh one and ends the other sessions', async () => {
    const person = await p.account();
    const { token, seed } = await p.signUp(person);
    const other = await p.prove(await p.half(person), seed);
    clock.pass(11 * 60_000);
    expect(codeOf(await call('POST', '/v1/account/passkeys/options', { token }))).toBe('step_up_needed');
    await p.prove(token, seed);
    const { answer } = await addPasskey(token);
    expect(answer.json()).toEqual({ session: null, recoveryCodes: [] });
    expect((await call('GET', '/v1/account', { token: other })).statusCode).toBe(401);
    expect((await call('GET', '/v1/account', { token })).statusCode).toBe(200);
  });

  test('replaces a lost app with a recovery code; the old one counts until the new one is proven', async () => {
    const person = await p.account();
    const { seed, codes } = await p.signUp(person);
    const prove = async (body: object) => {
      const token = await p.half(person);
      return call('POST', '/v1/account/session/factor', { token, body });
    };
    const { token } = (await prove({ recoveryCode: codes[0] })).json() as { token: string };
    const begun = (await call('POST', '/v1/account/totp', { token })).json() as { seed: string };
    // Only begun: a password alone enrols nothing, and the old app goes on.
    expect(codeOf(await call('POST', '/v1/account/totp', { token: await p.half(person) }))).toBe(
      'step_up_needed',
    );
    clock.pass(30_000);
    expect((await prove({ code: codeAt(new Secret(begun.seed), clock.now()) })).statusCode).toBe(401);
    expect((await prove({ code: codeAt(seed, clock.now()) })).statusCode).toBe(200);
    const confirm = { code: codeAt(new Secret(begun.seed), clock.now()) };
    const confirmed = await call('POST', '/v1/account/totp/confirm', { token, body: confirm });
    expect(confirmed.json()).toEqual({ session: null, recoveryCodes: [] });
    clock.pass(60_000);
    expect((await prove({ code: codeAt(seed, clock.now()) })).statusCode).toBe(401);
    expect((await prove({ code: codeAt(new Secret(begun.seed), clock.now()) })).statusCode).toBe(200);
  });

  test('leaves one at least', async () => {
    const { token } = await p.signUp(await p.account());
    expect(codeOf(await call('DELETE', '/v1/account/totp', { token }))).toBe('factor_last');
    const { key } = await addPasskey(token);
    expect((await call('DELETE', '/v1/account/totp', { token })).statusCode).toBe(200);
    expect(codeOf(await call('DELETE', `/v1/account/passkeys/${key.id}`, { token }))).toBe('factor_last');
    expect((await call('GET', '/v1/account/factors', { token })).json()).toMatchObject({
      totp: false,
      passkeys: [{ id: key.id }],
      recoveryCodes: 10,
    });
  });

  test('to the password ends the other sessions and takes a good one only', async () => {
    const person = await p.account();
    const { token, seed } = await p.signUp(person);
    const other = await p.prove(await p.half(person), seed);
    const set = (password: string) => call('PUT', '/v1/account/password', { token, body: { password } });
    expect(codeOf(await set('short'))).toBe('password_short');
    expect(codeOf(await set('qwertyuiop123'))).toBe('password_known');
    expect(codeOf(await set('aaaaaaaaaaaaaaaa'))).toBe('password_weak');
    expect((await set('quiet harbour 7 mandolins')).statusCode).toBe(200);
    expect((await call('GET', '/v1/account', { token: other })).statusCode).toBe(401);
    const body = { email: person.email, password: PASSWORD };
    expect((await call('POST', '/v1/sessions', { body })).statusCode).toBe(401);
  });
});

describe('a lost password', () => {
  const recover = (body: object) =>
    call('POST', '/v1/accounts/recover', { body, headers: p.from('198.51.100.1') });

  test('is set anew with a recovery code and the app, never by the mailbox; sessions and tokens end', async () => {
    const person = await p.account();
    const { token, seed, codes } = await p.signUp(person);
    const made = (await call('POST', '/v1/account/tokens', { token, body: { name: 'ci' } })).json();
    const api_token = (made as { token: string }).token;
    clock.pass(60_000);
    const good = {
      email: person.email,
      recoveryCode: codes[0],
      code: codeAt(seed, clock.now()),
      password: 'seven grey pelicans sing',
    };
    for (const wrong of [
      { recoveryCode: codes[0]!.replace(/./g, '0') },
      { code: '000000' },
      { email: 'x@example.org' },
    ])
      expect(codeOf(await recover({ ...good, ...wrong }))).toBe('recovery_refused');
    expect((await recover(good)).statusCode).toBe(200);
    expect((await call('GET', '/v1/account', { token })).statusCode).toBe(401);
    expect((await call('GET', '/v1/account', { token: api_token })).statusCode).toBe(401);
    expect(codeOf(await recover(good))).toBe('recovery_refused');
    const signIn = { email: person.email, password: good.password };
    expect((await call('POST', '/v1/sessions', { body: signIn })).json()).toMatchObject({ level: 1 });
  });

  test('needs no message: no route sends a link, and a forged host changes nothing (Coolify CVE-2026-34198)', async () => {
    const ids = api.rows.map((row) => row.operationId).join();
    expect(ids).not.toMatch(/forgot|magic|reset/i);
    const answer = await call('POST', '/v1/sessions/device', {
      body: { device: 'cli' },
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(answer.json()).toMatchObject({ verificationUri: 'https://bastide.localhost/device' });
  });
});

test('the first sign-in on the machine gives itself a password once, then a second factor', async () => {
  const token = await api.account('operator');
  const set = (body: object) => call('PUT', '/v1/account/password', { token, body });
  expect(codeOf(await set({ password: 'seven grey pelicans sing' }))).toBe('password_without_email');
  const body = { password: 'seven grey pelicans sing', email: 'Root@example.org' };
  expect((await set(body)).statusCode).toBe(200);
  expect(codeOf(await set({ password: 'eight grey pelicans sing' }))).toBe('session_needed');
  const half = await call('POST', '/v1/sessions', {
    body: { email: 'root@example.org', password: body.password },
  });
  const whole = await p.enrol((half.json() as { token: string }).token);
  expect((await call('GET', '/v1/account', { token: whole.token })).statusCode).toBe(200);
});

test('a disabled account is out at once, and its address can be invited anew', async () => {
  const person = await p.account();
  const { token } = await p.signUp(person);
  const operator = await api.account('operator');
  const url = `/v1/platform/accounts/${person.name}/disable`;
  expect((await call('POST', url, { token })).statusCode).toBe(403);
  expect((await call('POST', url, { token: operator })).statusCode).toBe(200);
  expect((await call('GET', '/v1/account', { token })).statusCode).toBe(401);
  const body = { email: person.email, password: PASSWORD };
  expect((await call('POST', '/v1/sessions', { body })).statusCode).toBe(401);
});
