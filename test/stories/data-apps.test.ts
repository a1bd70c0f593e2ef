import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureVault } from './lib/hoard.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';
import { newPost, wordpress } from './lib/wordpress.ts';

const examples = join(import.meta.dirname, '../../examples');
const PROJECT = 'stories';
let platform: Platform;
const url = (app: string, path = '/') => `https://${app}.${DOMAIN}${path}`;

beforeAll(async () => {
  platform = await openPlatform();
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

/** An app, what a person wrote through it, and how a stranger reads that again. */
interface Tale {
  readonly app: string;
  readonly source: () => Promise<string>;
  readonly family: 'pg' | 'mysql';
  readonly database: string;
  write(words: string): Promise<void>;
  read(): Promise<string>;
}

const form = async (address: string, ...fields: string[]) => {
  const sent = await platform.get(address, ...fields.flatMap((field) => ['--data-urlencode', field]));
  expect([200, 303]).toContain(sent.status);
};
const guestBook = (app: string) => ({
  write: (words: string) => form(url(app, '/guests'), `name=${words}`),
  read: async () => (await platform.get(url(app, '/api/guests'))).body,
});

const PASSWORD = 'a-password-for-the-story';
let installed = false;

const tales: readonly Tale[] = [
  {
    app: 'blog',
    family: 'mysql',
    database: 'blog-db',
    source: () => wordpress(platform.desk),
    async write(words) {
      if (!installed) {
        const step = url('blog', '/wp-admin/install.php?step=2');
        const who = ['user_name=teller', `admin_password=${PASSWORD}`, `admin_password2=${PASSWORD}`];
        await form(step, 'weblog_title=Tales', ...who, 'pw_weak=on', 'admin_email=teller@example.org');
        installed = true;
      }
      const post = newPost('teller', PASSWORD, 'A tale', words);
      const sent = await platform.get(
        url('blog', '/xmlrpc.php'),
        ...['--header', 'content-type: text/xml', '--data-binary', post],
      );
      expect(sent.body).toMatch(/<string>\d+<\/string>/);
    },
    read: async () =>
      (await platform.get(url('blog', '/index.php?rest_route=/wp/v2/posts&_fields=content'))).body,
  },
  {
    app: 'guests-node',
    family: 'pg',
    database: 'node-db',
    source: async () => join(examples, 'node'),
    ...guestBook('guests-node'),
  },
  {
    app: 'guests-php',
    family: 'mysql',
    database: 'php-db',
    source: async () => join(examples, 'php'),
    ...guestBook('guests-php'),
  },
  {
    app: 'visits-django',
    family: 'pg',
    database: 'django-db',
    source: async () => join(examples, 'django'),
    // Each visit is a row; the words are the path's, which the app keeps.
    write: async () => expect((await platform.get(url('visits-django'))).status).toBe(200),
    read: async () => `visits: ${(await platform.get(url('visits-django', '/api/visits'))).body}`,
  },
];

/** What each tale reads; taken anew after each thing that must not change it. */
const kept = new Map<string, string>();
const nothingIsLost = async (tale: Tale) => expect(await tale.read()).toBe(kept.get(tale.app));

/** The engine ends and comes back, with everything in it. */
async function restartEngine(): Promise<void> {
  const { node } = platform;
  const running = (await node.host.must(['pidof', 'dockerd'])).trim();
  await node.host.must(['kill', '-TERM', ...running.split(' ')]);
  for (let tries = 0; (await node.host.exec(['kill', '-0', ...running.split(' ')])).code === 0; tries += 1) {
    if (tries === 600) throw new Error('the engine does not end');
    await sleep(200);
  }
  // What a supervisor does when the machine comes back.
  await node.killAgent();
  await node.ready();
}

/** Waits until the app answers as it did: its database may still be starting. */
async function comesBack(tale: Tale): Promise<void> {
  const patience = performance.now() + 180_000;
  while ((await tale.read()) !== kept.get(tale.app) && performance.now() < patience) await sleep(1000);
  await nothingIsLost(tale);
}

describe.each(tales)('$app on a $family database', (tale) => {
  const { app, family, database } = tale;

  test('is given the database, is deployed, and keeps what a person writes', async () => {
    await platform.app(app, PROJECT);
    await platform.ok('config:set', '--app', app, 'SECRET=for-the-story');
    await platform.ok(`${family}:create`, database, '--project', PROJECT, '--app', app);
    await platform.ok('deploy', await tale.source(), '--app', app);
    await tale.write('once upon a time');
    kept.set(app, await tale.read());
    expect(kept.get(app)).toMatch(app === 'visits-django' ? /visits.*[1-9]/ : /once upon a time/);
  });

  test('has it after it was deployed again', async () => {
    await platform.ok('deploy', await tale.source(), '--app', app);
    await nothingIsLost(tale);
  });

  test('rotates the credentials while it is being read, and no request fails', async () => {
    const names = async () =>
      (await platform.json<{ name: string }[]>('config', '--app', app)).map(({ name }) => name);
    expect(await names()).toContain('DATABASE_URL');
    const path = app === 'visits-django' ? '/api/visits' : '/';
    const load = await platform.load(app, { kinds: { get: 2, getNew: 1 }, path });
    await platform.ok(`${family}:credentials:rotate`, database);
    const result = await load.end();
    expect(result.failures).toEqual([]);
    expect(result.sent).toBeGreaterThan(5);
    await nothingIsLost(tale);
  });

  test('is what its own client reads too', async () => {
    const [client, statement] =
      family === 'pg'
        ? ['pg:psql', 'select count(*) > 0 as there from information_schema.tables']
        : ['mysql:shell', 'select count(*) > 0 as there from information_schema.tables'];
    expect(await platform.ok(client!, database, '-c', statement!)).toContain('there');
  });
});

test('the Node example counts in Redis, for all replicas and through a rotation', async () => {
  await platform.ok('redis:create', 'node-cache', '--project', PROJECT, '--app', 'guests-node');
  const visits = async () =>
    JSON.parse((await platform.get(url('guests-node', '/api/visits'))).body) as {
      visits: number;
      where: string;
    };
  await platform.get(url('guests-node'));
  const before = await visits();
  expect(before).toMatchObject({ where: 'so far' });
  expect(before.visits).toBeGreaterThan(0);
  await platform.ok('redis:credentials:rotate', 'node-cache');
  expect((await visits()).visits).toBe(before.visits);
  expect(await platform.ok('redis:cli', 'node-cache', '-c', 'GET visits')).toContain(String(before.visits));
  const refused = await platform.bastide('redis:cli', 'node-cache', '-c', 'CONFIG GET dir');
  expect(refused.stdout + refused.stderr).toContain('NOPERM');
});

test('nothing is lost when the engine starts again', async () => {
  await restartEngine();
  for (const tale of tales) await comesBack(tale);
});

test('a copy has what the original had, and can become what the app uses', async () => {
  const [blog] = tales;
  await platform.ok('mysql:fork', 'blog-db', 'blog-two');
  await platform.ok('mysql:attach', 'blog-two', '--app', 'blog');
  await platform.ok('mysql:promote', 'blog-two', '--app', 'blog');
  await comesBack(blog!);
});

test('a backup brings back what was there when it was taken', async () => {
  const tale = tales.find(({ app }) => app === 'guests-php')!;
  // On the machine itself: what it withstands is another test's matter.
  await ensureVault(platform);
  await platform.ok('backups:run', PROJECT, '--source', tale.database);
  await tale.write('written after the backup');
  expect(await tale.read()).not.toBe(kept.get(tale.app));
  await platform.ok('backups:restore', PROJECT, tale.database);
  await comesBack(tale);
});
