import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { scramVerifier } from '../../kernel/scram.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import type { Credential } from '../databases/port.ts';
import { instanceOf, type RealServer, realServer } from './fixtures/server.ts';
import { postgresGuests } from './guests.ts';
import { postgres } from './postgres.ts';

const guest: Credential = { user: 'g_0123456789abcdef', password: new Secret('for-an-hour') };
const FAR = '2040-01-01T00:00:00.000Z';
let server: RealServer;
let app: Credential;

const set = (until: string) =>
  postgresGuests.set(server.session, {
    user: guest.user,
    verifier: scramVerifier(guest.password, randomBytes(16)),
    until,
  });
const ask = async (credential: Credential, sql: string) => {
  const said = await server.ask(credential, sql);
  return said.code === 0 ? said.stdout.trim().split('\n').at(-1) : said.stderr.trim();
};

beforeAll(async () => {
  server = await realServer(instanceOf('shop-db'));
  must(await postgres.prepare(server.session));
  app = { user: postgres.user(server.session.instance, 1), password: new Secret('app') };
  must(await postgres.setUser(server.session, app));
});
afterAll(() => server?.close());

it('a guest gets in, works as every user of the database, and is not one of its users', async () => {
  for (const _ of [1, 2]) must(await set(FAR));
  expect(await ask(guest, 'create table words (word text); insert into words values (1); table words;')).toBe(
    '1',
  );
  expect(await ask(app, 'insert into words values (2); select count(*) from words;')).toBe('2');
  expect(must(await postgres.users(server.session))).toEqual([app.user]);
});

it('a guest cannot stay longer, make others, or become more', async () => {
  for (const sql of [
    `alter role ${guest.user} valid until 'infinity'`,
    `reset role; alter role ${guest.user} valid until 'infinity'`,
    `reset role; alter role ${guest.user} connection limit -1`,
    'create role more login',
    `reset role; alter role ${app.user} password 'mine'`,
    `grant ${app.user} to ${guest.user}`,
  ])
    expect(await ask(guest, `${sql};`)).toMatch(/permission denied|must (have|be)/);
});

it('is refused after its end by the server itself', async () => {
  must(await set('2020-01-01T00:00:00.000Z'));
  expect(await ask(guest, 'select 1;')).toMatch(/password authentication failed/);
  must(await set(FAR));
  expect(await ask(guest, 'select 1;')).toBe('1');
});

it('goes with its sessions, and what it made stays', async () => {
  const session = server.ask(
    guest,
    'reset role; create schema mine; create table mine.own (n int); select pg_sleep(60);',
  );
  await sleep(1000);
  for (const _ of [1, 2]) must(await postgresGuests.drop(server.session, guest.user));
  expect((await session).stderr).toMatch(/terminating connection/);
  expect(await ask(guest, 'select 1;')).toMatch(/password authentication failed|does not exist/);
  expect(await ask(app, 'select count(*) from words;')).toBe('2');
});
