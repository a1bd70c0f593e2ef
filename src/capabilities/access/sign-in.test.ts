import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { PASSWORD, people, testClock } from './testing/people.ts';
import { codeAt } from './totp.ts';

const clock = testClock();
let api: TestApi;
const p = people(() => api, clock);
const { call, from } = p;

let atFirst: Record<string, number>;

beforeAll(async () => {
  api = await testApi([], clock.now);
  const { db } = api.t;
  const count = async (
    table: 'accounts' | 'account_passwords' | 'api_tokens' | 'bootstrap_tokens' | 'sessions',
  ) => (await db.selectFrom(table).selectAll().execute()).length;
  atFirst = {
    accounts: await count('accounts'),
    passwords: await count('account_passwords'),
    tokens: await count('api_tokens'),
    bootstrap: await count('bootstrap_tokens'),
    sessions: await count('sessions'),
  };
});
afterAll(() => api.close());
beforeEach(() => clock.pass(2 * 3_600_000));

const guarded = () => api.rows.flatMap((row) => (row.form === 'public' ? [] : [row]));
const urlOf = (path: string) => path.replace(/:\w+/g, 'x');

test('a new platform has no account, no password and no token of anybody (CapRover captain42)', () => {
  expect(atFirst).toEqual({ accounts: 0, passwords: 0, tokens: 0, bootstrap: 0, sessions: 0 });
});

test('an e-mail address alone signs nobody in: every public route that takes one takes a secret too (Coolify CVE-2026-86117)', async () => {
  const person = await p.account();
  const { paths } = (await call('GET', '/openapi.json')).json() as {
    paths: Record<string, Record<string, { operationId: string; requestBody?: unknown }>>;
  };
  const taking = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ requestBody }) => JSON.stringify(requestBody ?? {}).includes('"email"'))
    .map(({ operationId }) => operationId);
  expect(taking.sort()).toEqual(['inviteMember', 'recoverAccount', 'releaseEmail', 'setPassword', 'signIn']);
  for (const body of [{ email: person.email }, { email: person.email, password: '' }])
    expect((await call('POST', '/v1/sessions', { body })).statusCode).toBe(422);
  const headers = {
    ...p.from('198.51.100.77'),
    'x-forwarded-email': person.email,
    'x-remote-user': person.name,
  };
  expect((await call('GET', '/v1/account', { headers })).statusCode).toBe(401);
});

describe('a password alone', () => {
  test('gives a session that finishes or enrols a second factor and does nothing else: every route', async () => {
    const token = await p.half(await p.account());
    const open: string[] = [];
    for (const row of guarded()) {
      const headers = row.method === 'GET' ? {} : { 'content-type': 'application/json' };
      const answer = await call(row.method, urlOf(row.path), {
        token,
        headers,
        ...(row.method === 'GET' ? {} : { body: '"\\u0000"' }),
      });
      if (codeOf(answer) === 'second_factor_needed') continue;
      open.push(row.operationId);
    }
    expect(open.sort()).toEqual(
      [
        'addPasskey',
        'beginTotp',
        'confirmTotp',
        'listFactors',
        'proveFactor',
        'provePasskey',
        'signOut',
        'startPasskey',
        'startPasskeyProof',
      ].sort(),
    );
  });

  test('makes no token, approves no device and changes no password (gaps measured in the ready-made framework)', async () => {
    const token = await p.half(await p.account());
    for (const [method, url, body] of [
      ['POST', '/v1/account/tokens', { name: 'x' }],
      ['POST', '/v1/account/devices/BBBB-BBBB/approve', undefined],
      ['PUT', '/v1/account/password', { password: 'another long one to take over' }],
      ['GET', '/v1/account', undefined],
    ] as const) {
      const answer = await call(method, url, { token, body });
      expect([answer.statusCode, codeOf(answer)], url).toEqual([403, 'second_factor_needed']);
    }
  });

  test('of an account with a factor enrols no other one', async () => {
    const person = await p.account();
    await p.signUp(person);
    const token = await p.half(person);
    expect(codeOf(await call('POST', '/v1/account/totp', { token }))).toBe('step_up_needed');
    expect(codeOf(await call('POST', '/v1/account/passkeys/options', { token }))).toBe('step_up_needed');
  });

  test('ends after ten minutes', async () => {
    const token = await p.half(await p.account());
    clock.pass(10 * 60_000);
    expect((await call('GET', '/v1/account/factors', { token })).statusCode).toBe(401);
  });
});

test('an address without an account gets the same answer, and the same address twice cannot be', async () => {
  const person = await p.account();
  const ask = (email: string, password: string, at: string) =>
    call('POST', '/v1/sessions', { body: { email, password }, headers: from(at) });
  const wrong = await ask(person.email, 'not it at all', '198.51.100.20');
  const nobody = await ask('nobody@example.org', 'not it at all', '198.51.100.21');
  expect([wrong.statusCode, wrong.json()]).toEqual([nobody.statusCode, nobody.json()]);
  expect((await ask(person.email.toUpperCase(), PASSWORD, '198.51.100.22')).statusCode).toBe(201);
  const twice = api.t.db
    .insertInto('accounts')
    .values({ id: '00000000-0000-7000-8000-000000000001', name: 'twin', email: person.email })
    .execute();
  await expect(twice).rejects.toMatchObject({ code: '23505' });
});

test('the second factor makes the session whole under a new token: a fixed one is worth nothing', async () => {
  const person = await p.account();
  const first = await p.half(person);
  const { token } = await p.enrol(first);
  expect(token).not.toBe(first);
  expect((await call('GET', '/v1/account', { token })).statusCode).toBe(200);
  expect((await call('GET', '/v1/account/factors', { token: first })).statusCode).toBe(401);
});

test('sessions are kept as hashes, and what is in the table signs nobody in', async () => {
  const { token } = await p.signUp(await p.account());
  const rows = await api.t.db.selectFrom('sessions').selectAll().execute();
  expect(JSON.stringify(rows.map((row) => Buffer.from(row.hash).toString('utf8')))).not.toContain(token);
  const raw = Buffer.from(rows.at(-1)!.hash).toString('hex');
  for (const guess of [raw, `bss_${raw.slice(0, 49)}`, rows.at(-1)!.id])
    expect(
      (await call('GET', '/v1/account', { token: guess, headers: from('192.0.2.200') })).statusCode,
    ).toBe(401);
});

describe('a code of the authenticator app', () => {
  test('works once, also where it is tried three times at once', async () => {
    const person = await p.account();
    const { seed } = await p.signUp(person);
    clock.pass(30_000);
    const code = codeAt(seed, clock.now());
    const halves = await Promise.all(Array.from({ length: 3 }, () => p.half(person)));
    const answers = await Promise.all(
      halves.map((token) =>
        call('POST', '/v1/account/session/factor', { token, body: { code }, headers: from('198.51.100.1') }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401, 401]);
  });

  test('that is older than the last one is refused', async () => {
    const person = await p.account();
    const { seed } = await p.signUp(person);
    const before = codeAt(seed, clock.now());
    clock.pass(30_000);
    const token = await p.half(person);
    expect(codeOf(await call('POST', '/v1/account/session/factor', { token, body: { code: before } }))).toBe(
      'factor_refused',
    );
  });

  test('guessed five times ends the half session, and the right one comes too late', async () => {
    const person = await p.account();
    const { seed } = await p.signUp(person);
    const token = await p.half(person);
    const guess = (code: string) => call('POST', '/v1/account/session/factor', { token, body: { code } });
    for (let i = 0; i < 5; i++) {
      expect((await guess('000000')).statusCode).not.toBe(200);
      clock.pass(20_000);
    }
    expect((await guess(codeAt(seed, clock.now()))).statusCode).not.toBe(200);
    // The owner signs in again, from where he was before.
    await p.prove(await p.half(person), seed);
  });

  test('is kept sealed, and bound to its account', async () => {
    const [ada, eve] = [await p.account(), await p.account()];
    const { seed } = await p.signUp(ada);
    await p.signUp(eve);
    const rows = await api.t.db.selectFrom('totp_factors').selectAll().execute();
    expect(rows.map((row) => Buffer.from(row.seed!).toString('latin1')).join()).not.toContain(seed.reveal());
    const eves = rows.find((row) => row.account_id === eve.id)!;
    await api.t.db
      .updateTable('totp_factors')
      .set({ seed: eves.seed })
      .where('account_id', '=', ada.id)
      .execute();
    clock.pass(30_000);
    const token = await p.half(ada);
    const answer = await call('POST', '/v1/account/session/factor', {
      token,
      body: { code: codeAt(seed, clock.now()) },
    });
    expect(codeOf(answer)).toBe('factor_unavailable');
  });
});

test('a recovery code works once, however it is typed, and is kept as a hash', async () => {
  const person = await p.account();
  const { codes } = await p.signUp(person);
  expect(new Set(codes).size).toBe(10);
  const typed = codes[0]!.toLowerCase().replaceAll('-', ' ');
  const use = async () =>
    call('POST', '/v1/account/session/factor', {
      token: await p.half(person),
      body: { recoveryCode: typed },
    });
  const both = await Promise.all([use(), use()]);
  expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401]);
  const kept = await api.t.db.selectFrom('recovery_codes').selectAll().execute();
  expect(JSON.stringify(kept)).not.toContain(codes[1]);
});

describe('guessing a password', () => {
  const guess = (email: string, address: string, password = 'wrong and long enough') =>
    call('POST', '/v1/sessions', { body: { email, password }, headers: from(address) });

  test('from one network is slowed, for the right one too, and a forged address changes nothing (Coolify CVE-2025-64422)', async () => {
    const person = await p.account();
    for (let i = 0; i < 5; i++) expect((await guess(person.email, `203.0.113.${i}`)).statusCode).toBe(401);
    const right = await guess(person.email, '203.0.113.77', PASSWORD);
    expect([right.statusCode, codeOf(right)]).toEqual([429, 'sign_in_throttled']);
    expect((await guess(person.email, '1.2.3.4, 203.0.113.9', PASSWORD)).statusCode).toBe(429);
  });

  test('from forty networks is slowed, and the owner signs in from where he was before', async () => {
    const person = await p.account();
    await p.signUp(person, '198.51.100.1');
    const answers = [];
    for (let i = 0; i < 40; i++) answers.push((await guess(person.email, `10.1.${i}.1`)).statusCode);
    expect(answers.filter((status) => status === 401).length).toBeLessThanOrEqual(31);
    expect((await guess(person.email, '10.2.0.1', PASSWORD)).statusCode).toBe(429);
    expect((await guess(person.email, '198.51.100.99', PASSWORD)).statusCode).toBe(201);
  });

  test('a hundred times at once judges five', async () => {
    const person = await p.account();
    const answers = await Promise.all(Array.from({ length: 100 }, () => guess(person.email, '203.0.114.1')));
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(5);
  });
});

describe('signing out', () => {
  test('one session, from the list with device and place, at once', async () => {
    const person = await p.account();
    const { token, seed } = await p.signUp(person);
    const other = await p.prove(await p.half(person, '203.0.113.5'), seed, '203.0.113.5');
    const { sessions } = (await call('GET', '/v1/account/sessions', { token })).json() as {
      sessions: { id: string; place: string; device: string; current: boolean }[];
    };
    expect(sessions.map(({ place, current }) => [place, current])).toEqual([
      ['203.0.113.5', false],
      ['198.51.100.1', true],
    ]);
    expect((await call('DELETE', `/v1/account/sessions/${sessions[0]!.id}`, { token })).statusCode).toBe(200);
    expect((await call('GET', '/v1/account', { token: other })).statusCode).toBe(401);
    expect((await call('GET', '/v1/account', { token })).statusCode).toBe(200);
  });

  test("everywhere, and never somebody else's", async () => {
    const [ada, eve] = [await p.account(), await p.account()];
    const [mine, hers] = [await p.signUp(ada), await p.signUp(eve)];
    const { sessions } = (await call('GET', '/v1/account/sessions', { token: hers.token })).json() as {
      sessions: { id: string }[];
    };
    const foreign = await call('DELETE', `/v1/account/sessions/${sessions[0]!.id}`, { token: mine.token });
    expect(codeOf(foreign)).toBe('session_not_found');
    expect((await call('DELETE', '/v1/account/sessions', { token: mine.token })).statusCode).toBe(200);
    expect((await call('GET', '/v1/account', { token: mine.token })).statusCode).toBe(401);
    expect((await call('GET', '/v1/account', { token: hers.token })).statusCode).toBe(200);
  });

  test('happens by itself after twelve hours', async () => {
    const { token } = await p.signUp(await p.account());
    clock.pass(12 * 3_600_000);
    expect((await call('GET', '/v1/account', { token })).statusCode).toBe(401);
  });
});
