import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, type TestApi, testApi } from '../../api/testing.ts';
import { newId } from '../../kernel/id.ts';
import { people, testClock } from './testing/people.ts';

const clock = testClock();
let api: TestApi;
const p = people(() => api, clock);
const { call } = p;

beforeAll(async () => {
  api = await testApi([], clock.now);
});
afterAll(() => api.close());

interface Begun {
  deviceCode: string;
  userCode: string;
}
const begin = async () =>
  (await call('POST', '/v1/sessions/device', { body: { device: 'bastide on laptop' } })).json() as Begun;
const poll = (deviceCode: string) => call('POST', '/v1/sessions/device/token', { body: { deviceCode } });

test('devices of all networks of one site are as one, and many sites keep nobody else from it', async () => {
  const start = (address: string) =>
    call('POST', '/v1/sessions/device', { body: { device: 'x' }, headers: p.from(address) });
  const mine = (await start('198.51.100.77')).json() as Begun;
  const answers = [];
  for (let net = 0; net < 40; net += 1) answers.push(codeOf(await start(`2a00:1:2:${net.toString(16)}::1`)));
  expect(answers.filter((code) => code === undefined)).toHaveLength(30);
  expect(answers.at(-1)).toBe('device_busy');
  for (let site = 0; site < 500; site += 1)
    await api.t.db
      .insertInto('device_logins')
      .values({
        id: newId(),
        device_hash: Buffer.from(`d${site}`),
        code_hash: Buffer.from(`c${site}`),
        device: 'x',
        network: `2a00:9:${site.toString(16)}:0::/64`,
        created_at: clock.now(),
        expires_at: new Date(clock.now().getTime() + 600_000),
      })
      .execute();
  expect((await start('203.0.113.9')).statusCode).toBe(201);
  expect((await start('2a00:7:7:7::1')).statusCode).toBe(201);
  expect(codeOf(await poll(mine.deviceCode))).toBe('device_pending');
  await api.t.db.deleteFrom('device_logins').execute();
});

describe('a device', () => {
  test('waits until a person approves it, and gets its session once', async () => {
    const person = await p.account();
    const { token } = await p.signUp(person);
    const { deviceCode, userCode } = await begin();
    expect(codeOf(await poll(deviceCode))).toBe('device_pending');
    expect(codeOf(await poll(deviceCode))).toBe('device_too_fast');
    const shown = await call('GET', `/v1/account/devices/${userCode}`, { token });
    expect(shown.json()).toMatchObject({ device: 'bastide on laptop' });
    expect((await call('POST', `/v1/account/devices/${userCode}/approve`, { token })).statusCode).toBe(200);
    const answers = await Promise.all([poll(deviceCode), poll(deviceCode), poll(deviceCode)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 422, 422]);
    const made = answers.find(({ statusCode }) => statusCode === 201)!.json() as { token: string };
    expect((await call('GET', '/v1/account', { token: made.token })).json()).toMatchObject({
      name: person.name,
    });
    // Approved is not proven: what is dangerous asks the CLI for a second factor too.
    const dangerous = await call('POST', '/v1/account/tokens', { token: made.token, body: { name: 'x' } });
    expect(codeOf(dangerous)).toBe('step_up_needed');
    expect(codeOf(await call('POST', `/v1/account/devices/${userCode}/approve`, { token }))).toBe(
      'device_not_found',
    );
  });

  test('is approved by a person with a fresh factor only: no token, no half session', async () => {
    const person = await p.account();
    const { token } = await p.signUp(person);
    const { userCode, deviceCode } = await begin();
    const url = `/v1/account/devices/${userCode}/approve`;
    expect(codeOf(await call('POST', url, { token: await api.account(undefined) }))).toBe('session_needed');
    expect(codeOf(await call('POST', url, { token: await p.half(person) }))).toBe('second_factor_needed');
    clock.pass(10 * 60_000 - 1000);
    expect((await call('POST', url, { token })).statusCode).toBe(200);
    clock.pass(2000);
    expect(codeOf(await poll(deviceCode))).toBe('device_refused');
  });

  test('that was turned down or took too long gets nothing', async () => {
    const { token } = await p.signUp(await p.account());
    const [one, other] = [await begin(), await begin()];
    expect((await call('POST', `/v1/account/devices/${one.userCode}/deny`, { token })).statusCode).toBe(200);
    expect(codeOf(await poll(one.deviceCode))).toBe('device_refused');
    clock.pass(601_000);
    expect(codeOf(await poll(other.deviceCode))).toBe('device_refused');
    expect(codeOf(await poll(`${other.deviceCode.slice(0, -1)}x`))).toBe('device_refused');
  });

  test('of a disabled account gets nothing, though it was approved', async () => {
    const person = await p.account();
    const { token } = await p.signUp(person);
    const { deviceCode, userCode } = await begin();
    await call('POST', `/v1/account/devices/${userCode}/approve`, { token });
    await api.t.db
      .updateTable('accounts')
      .set({ disabled_at: clock.now() })
      .where('id', '=', person.id)
      .execute();
    expect(codeOf(await poll(deviceCode))).toBe('device_refused');
  });

  test('codes that are guessed wait longer each time', async () => {
    const { token } = await p.signUp(await p.account());
    const guess = () => call('GET', '/v1/account/devices/BBBB-BBBB', { token });
    for (let i = 0; i < 5; i++) expect(codeOf(await guess())).toBe('device_not_found');
    expect(codeOf(await guess())).toBe('sign_in_throttled');
  });
});
