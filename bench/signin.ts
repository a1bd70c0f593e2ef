// What a sign-in costs, beside the one thing in it that is slow on purpose: a bare argon2id hash of the same strength.
// The whole API in this process, without its socket, on a PostgreSQL 15 of its own; root.

import { type TestApi, testApi } from '../src/api/testing.ts';
import { hashPassword } from '../src/capabilities/access/passwords.ts';
import { PASSWORD, people, testClock } from '../src/capabilities/access/testing/people.ts';
import { realDatabase } from '../src/db/testing.ts';
import { Secret } from '../src/kernel/secret.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median, quantile } from './lib/stats.ts';

const { rounds } = numbers({ rounds: 100 });
const bench = await begin('signin', 'Signing in: password and second factor, and a device', {
  postgresql: ['/usr/lib/postgresql/15/bin/postgres', '--version'],
});

const clock = testClock();
let api: TestApi | undefined;
const real = await realDatabase();
try {
  api = await testApi([], clock.now, async () => ({
    db: real.db,
    listen: async () => async () => {},
    close: async () => {},
  }));
  const there = api;
  const { call, account, half, signUp, prove } = people(() => there, clock);
  const person = await account();
  const { seed } = await signUp(person);

  /** Milliseconds. The clock that the API sees is set on beforehand: no round is throttled for the one before. */
  const timed = async <T>(act: () => Promise<T>): Promise<[number, T]> => {
    const started = performance.now();
    const made = await act();
    return [performance.now() - started, made];
  };
  const signIn = async () => prove(await half(person), seed);
  async function device(token: string): Promise<void> {
    const begun = (await call('POST', '/v1/sessions/device', { body: { device: 'bench' } })).json() as {
      deviceCode: string;
      userCode: string;
    };
    await call('POST', `/v1/account/devices/${begun.userCode}/approve`, { token });
    const answer = await call('POST', '/v1/sessions/device/token', {
      body: { deviceCode: begun.deviceCode },
    });
    if (answer.statusCode !== 201) throw new Error(answer.body);
  }

  const NAMES = ['bare argon2id hash', 'password and TOTP', 'device login, approval included'] as const;
  const raw: Record<string, number[]> = Object.fromEntries(NAMES.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    clock.pass(2 * 3_600_000);
    const [hash] = await timed(() => hashPassword(new Secret(PASSWORD)));
    const [whole, token] = await timed(signIn);
    const [other] = await timed(() => device(token));
    // The first round warms up.
    if (round > 0) for (const [i, ms] of [hash, whole, other].entries()) raw[NAMES[i]!]!.push(ms);
  }
  const bare = raw[NAMES[0]]!;
  const ratio = (values: readonly number[]) => median(values.map((value, round) => value / bare[round]!));
  const own = raw[NAMES[1]]!;
  bench.save({
    notes: [
      `${rounds} rounds, one after the other; each is one hash, one sign-in (two requests) and one device login (three requests). Medians, ratios within a round.`,
      'Requests are handed to the API in its own process: no TLS, no edge, no socket. PostgreSQL without fsync.',
    ],
    headlines: [
      {
        what: 'ms for a sign-in with password and TOTP',
        bastide: median(own),
        reference: median(bare),
        against: 'one bare argon2id hash',
        ratio: ratio(own),
      },
    ],
    tables: [
      {
        title: 'Signing in',
        columns: ['', 'ms, median', 'ms, p99', 'ratio'],
        rows: NAMES.map((name) => [name, median(raw[name]!), quantile(raw[name]!, 0.99), ratio(raw[name]!)]),
      },
    ],
    raw,
  });
} finally {
  await api?.close();
  await real.close();
}
