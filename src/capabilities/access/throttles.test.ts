import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { attemptsOf } from '../../api/server.ts';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { Attempts } from './attempts.ts';
import { sweep } from './store/throttles.ts';
import { PASSWORD, people, testClock } from './testing/people.ts';
import { ROWS } from './throttle.ts';
import { watchGuesses } from './upkeep.ts';

const clock = testClock();
let api: TestApi;
const p = people(() => api, clock);
const { call, from } = p;
const guess = (email: string, address: string, password = 'wrong and long enough') =>
  call('POST', '/v1/sessions', { body: { email, password }, headers: from(address) });
const rows = () => api.t.db.selectFrom('throttles').selectAll().execute();

beforeAll(async () => {
  api = await testApi([], clock.now);
});
afterAll(() => api.close());
beforeEach(async () => {
  clock.pass(2 * 3_600_000);
  await api.t.db.deleteFrom('throttles').execute();
});

test('a hundred tries at once are counted before they are judged', async () => {
  const attempts = attemptsOf(api.t.db);
  const one = { door: 'password', account: 'ada@example.org', address: '192.0.2.1' } as const;
  const taken = await Promise.all(Array.from({ length: 100 }, () => attempts.take(one, clock.now())));
  expect(taken.filter((answer) => typeof answer !== 'number')).toHaveLength(5);
});

test('what is counted survives a restart, and a refused request that takes everything back', async () => {
  const person = await p.account();
  const { token } = await p.signUp(person);
  for (let n = 0; n < 5; n++) {
    await guess(person.email, '203.0.113.5');
    await call('GET', '/v1/account/devices/BBBB-BBBB', { token });
  }
  const again = attemptsOf(api.t.db);
  const at = { address: '203.0.113.99' };
  expect(await again.take({ door: 'password', account: person.email, ...at }, clock.now())).toBeGreaterThan(
    0,
  );
  expect((await rows()).find(({ door, kind }) => door === 'device' && kind === 'pair')).toMatchObject({
    account: person.name,
    tries: 5,
  });
  for (let n = 0; n < 11; n++)
    await call('GET', '/v1/account', { token: 'bst_x', headers: from('192.0.2.66') });
  await again.load(clock.now());
  expect(await again.waiting('192.0.2.66', clock.now())).toMatchObject({ kind: 'address' });
});

describe('the owner', () => {
  test('uses his tokens while neighbours in his network guess, and his session from where he sits', async () => {
    const person = await p.account();
    const { token } = await p.signUp(person, '203.0.113.4');
    for (let n = 0; n < 60; n++)
      await call('GET', '/v1/account', { token: 'bst_x', headers: from(`203.0.113.${n % 30}`) });
    const wrong = await call('GET', '/v1/account', { token: 'bst_x', headers: from('203.0.113.200') });
    expect(codeOf(wrong)).toBe('sign_in_throttled');
    for (const address of ['203.0.113.200', '203.0.113.4'])
      expect((await call('GET', '/v1/account', { token, headers: from(address) })).statusCode).toBe(200);
  });

  test('is not taken for one who guesses where his program goes on with a session that has ended', async () => {
    const person = await p.account();
    const { token } = await p.signUp(person, '198.51.100.77');
    await call('DELETE', '/v1/account/sessions', { token });
    for (let n = 0; n < 30; n++)
      expect((await call('GET', '/v1/account', { token, headers: from('198.51.100.77') })).statusCode).toBe(
        401,
      );
    expect((await rows()).filter(({ door }) => door === 'token')).toEqual([]);
  });

  test('signs in by passkey whatever anybody guesses: that door is not counted', async () => {
    for (let n = 0; n < 50; n++) await guess('ada@example.org', '203.0.113.4');
    const answer = await call('POST', '/v1/sessions/passkey/options', { headers: from('203.0.113.4') });
    expect(answer.statusCode).toBe(200);
  });
});

test('every public route that takes anything says what of it could be guessed', () => {
  const open = api.rows.flatMap((row) => (row.form === 'public' && row.body ? [row] : []));
  const doors = open.map(({ operationId, guesses }) => [
    operationId,
    typeof guesses === 'object' ? guesses.door : guesses,
  ]);
  expect(Object.fromEntries(doors)).toMatchObject({
    ...{ signIn: 'password', recoverAccount: 'recovery', joinWithInvitation: 'invitation' },
    ...{ finishDeviceLogin: 'device-code', bootstrapSession: 'bootstrap', enrolProber: 'enrolment' },
    signInWithPasskey: 'nothing',
  });
});

describe('an operator', () => {
  test('sees who guesses, is told once, and lets somebody in again', async () => {
    const person = await p.account();
    const attempts = attemptsOf(api.t.db);
    const guessed = { door: 'password', account: person.email } as const;
    for (let n = 0; n < 40; n++) await attempts.take({ ...guessed, address: `198.51.${n}.7` }, clock.now());
    await watchGuesses(api.t.db, clock.now());
    await watchGuesses(api.t.db, clock.now());
    const alerts = await api.t.db.selectFrom('alerts').selectAll().where('code', '=', 'guessing').execute();
    expect(alerts.map(({ severity, subject, times }) => [severity, subject, times])).toEqual([
      ['critical', 'door:password', 2],
    ]);
    const operator = await api.account('operator');
    const seen = await call('GET', '/v1/platform/throttles', { token: operator });
    const { throttles } = seen.json() as { throttles: Record<string, unknown>[] };
    expect(throttles[0]).toMatchObject({
      ...{ door: 'password', kind: 'account', account: person.email, network: null, tries: 30 },
      blockedUntil: expect.any(String),
    });
    expect(codeOf(await guess(person.email, '198.51.200.7', PASSWORD))).toBe('sign_in_throttled');
    const reset = await call('POST', '/v1/platform/throttles/reset', {
      token: operator,
      body: { account: person.name },
    });
    expect(reset.json()).toEqual({ reset: 31 });
    expect((await guess(person.email, '198.51.200.7', PASSWORD)).statusCode).toBe(201);
    clock.pass(2 * 3_600_000);
    await sweep(api.t.db, clock.now());
    await watchGuesses(api.t.db, clock.now());
    const open = await api.t.db.selectFrom('alerts').select('id').where('resolved_at', 'is', null).execute();
    expect(open).toEqual([]);
  });

  test('alone sees and resets; of a network its addresses are forgotten too', async () => {
    const owner = await api.account('owner', (await api.world('shop')).organizationId);
    const operator = await api.account('operator');
    expect((await call('GET', '/v1/platform/throttles', { token: owner })).statusCode).toBe(403);
    const body = { network: '203.0.113.0/24' };
    const asOwner = await call('POST', '/v1/platform/throttles/reset', { token: owner, body });
    expect(asOwner.statusCode).toBe(403);
    for (let n = 0; n < 11; n++)
      await call('GET', '/v1/account', { token: 'bst_x', headers: from('203.0.113.8') });
    expect(await rows()).toHaveLength(2);
    await call('POST', '/v1/platform/throttles/reset', { token: operator, body });
    expect(await rows()).toEqual([]);
  });
});

test('a flood of made-up accounts fills no disk and hides no campaign', async () => {
  const attempts = new Attempts((fn) => fn(api.t.db));
  for (let n = 0; n < 6; n++)
    await attempts.take({ door: 'password', account: 'ada@example.org', address: '192.0.2.1' }, clock.now());
  await sql`insert into throttles (door, kind, account, tries, first_at, last_at)
    select 'password', 'account', n::text, 1, ${clock.now()}::timestamptz, ${clock.now()}::timestamptz from generate_series(1, ${ROWS + 500}::int) n`.execute(
    api.t.db,
  );
  await attempts.sweep(clock.now());
  const left = await rows();
  expect(left.length).toBe(ROWS);
  expect(left.filter(({ account }) => account === 'ada@example.org')).not.toEqual([]);
});
