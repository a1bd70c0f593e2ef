import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import type { Credential } from '../databases/port.ts';
import { startServer, type TestServer, testCredential, testInstance } from '../databases/testbed.ts';
import { mariadbGuests } from './guests.ts';
import { mariadb } from './mariadb.ts';
import { verifierOf } from './render/users.ts';

const guest: Credential = { user: 'g_0123456789abcdef', password: new Secret('for-an-hour') };
let server: TestServer;
let app: Credential;

const set = () =>
  mariadbGuests.set(server.session, {
    user: guest.user,
    verifier: verifierOf(guest.password),
    until: '2040-01-01T00:00:00.000Z',
  });
const ask = async (credential: Credential, sql: string) => {
  const said = await server.as(mariadb.client(server.session.instance, credential), sql, ['--batch', '-N']);
  return said.code === 0 ? said.stdout.trim() : said.stderr.trim();
};

beforeAll(async () => {
  server = await startServer(mariadb, testInstance('shop-db', '10.11'));
  must(await mariadb.prepare(server.session));
  app = testCredential(mariadb, server.session.instance, 1);
  must(await mariadb.setUser(server.session, app));
});
afterAll(async () => server?.[Symbol.asyncDispose]());

it('a guest gets in, works as every user of the database, and is not one of its users', async () => {
  for (const _ of [1, 2]) must(await set());
  expect(await ask(guest, 'create table words (word text); insert into words values (1);')).toBe('');
  expect(await ask(app, 'insert into words values (2); select count(*) from words;')).toContain('2');
  expect(must(await mariadb.users(server.session))).toEqual([app.user]);
});

it('a guest cannot make others or become more', async () => {
  for (const sql of [
    "create user more identified by 'x'",
    `grant all on *.* to ${guest.user}@'%'`,
    `set password for ${app.user}@'%' = password('mine')`,
    'select * from mysql.global_priv',
  ])
    expect(await ask(guest, `${sql};`)).toMatch(/denied|command denied|Access denied/);
});

it('goes with its sessions, and what it made stays', async () => {
  const session = ask(guest, 'select sleep(60);');
  await sleep(1000);
  for (const _ of [1, 2]) must(await mariadbGuests.drop(server.session, guest.user));
  expect(await session).toMatch(/Lost connection|unexpected eof|killed/i);
  expect(await ask(guest, 'select 1;')).toMatch(/Access denied/);
  expect(await ask(app, 'select count(*) from words;')).toContain('2');
});
