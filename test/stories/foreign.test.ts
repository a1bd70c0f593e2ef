import { afterAll, beforeAll, expect, test } from 'vitest';
import { plain } from './lib/apps.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await openPlatform();
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

const health = (path: string) => JSON.stringify({ healthchecks: { web: [{ type: 'startup', path }] } });

test('a published npm application: TiddlyWiki, a wiki with a server of its own', async () => {
  const wiki = 'node_modules/.bin/tiddlywiki /tmp/wiki';
  const files = {
    'package.json': JSON.stringify({ name: 'wiki', private: true, dependencies: { tiddlywiki: '5.3.8' } }),
    Procfile: `web: ${wiki} --init server && exec ${wiki} --listen host=0.0.0.0 port=$PORT\n`,
    'app.json': health('/status'),
  };
  await platform.app('wiki');
  await platform.ok('deploy', platform.source('wiki', files), '--app', 'wiki');
  const site = `https://wiki.${DOMAIN}`;
  expect(JSON.parse((await platform.get(`${site}/status`)).body)).toMatchObject({
    tiddlywiki_version: '5.3.8',
  });
  expect((await platform.get(`${site}/`)).body).toContain('TiddlyWiki');

  // It does its work: a page is written over HTTPS, and somebody else reads it.
  const page = `${site}/recipes/default/tiddlers/Hello`;
  const written = await platform.get(
    page,
    ...[
      '-X',
      'PUT',
      '--header',
      'content-type: application/json',
      '--header',
      'x-requested-with: TiddlyWiki',
    ],
    ...['--data-binary', JSON.stringify({ title: 'Hello', text: 'written through the edge' })],
  );
  expect(written.status).toBe(204);
  expect(JSON.parse((await platform.get(page)).body)).toMatchObject({ text: 'written through the edge' });
});

test('a web application that Debian packages: adminer, on the php stack', async () => {
  const { desk } = platform;
  const directory = '/run/lab/adminer';
  await desk.must(['mkdir', '-p', `${directory}/deb`, `${directory}/app`]);
  await desk.must(['apt-get', 'download', '-o', 'APT::Sandbox::User=root', 'adminer'], {
    cwd: `${directory}/deb`,
  });
  const [deb] = (await desk.must(['ls', `${directory}/deb`])).trim().split('\n');
  await desk.must(['dpkg-deb', '-x', `${directory}/deb/${deb}`, `${directory}/tree`]);
  await desk.must(['cp', '-rL', `${directory}/tree/usr/share/adminer/.`, `${directory}/app`]);
  await desk.must(['cp', `${directory}/app/adminer.php`, `${directory}/app/index.php`]);
  desk.writeFile(`${directory}/app/app.json`, health('/'));
  await platform.app('tables');
  await platform.ok('deploy', `${directory}/app`, '--app', 'tables');
  const page = await platform.get(`https://tables.${DOMAIN}/`);
  expect(page.status).toBe(200);
  expect(page.body).toContain('Adminer');

  // It does its work: a database in the app's own scratch space is made and asked.
  const asked = await platform.ok(
    'run',
    '--app',
    'tables',
    '--',
    'php',
    '-r',
    '$d = new PDO("sqlite:/tmp/x.db"); $d->exec("create table t(a)"); echo "made";',
  );
  expect(asked).toBe('made\n');
});

test('neither is in the way of an app beside it', async () => {
  await platform.app('beside');
  await platform.ok('deploy', platform.source('beside', plain('beside')), '--app', 'beside');
  expect((await platform.get(`https://beside.${DOMAIN}/`)).body).toBe('beside\n');
});
