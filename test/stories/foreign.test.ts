import { afterAll, beforeAll, expect, test } from 'vitest';
import { plain } from './lib/apps.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await openPlatform();
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

const health = (path: string) => JSON.stringify({ healthchecks: { web: [{ type: 'startup', path }] } });

test('a published npm application: verdaccio, a package registry', async () => {
  const files = {
    'package.json': JSON.stringify({
      name: 'packages',
      private: true,
      dependencies: { verdaccio: '6.10.4' },
    }),
    Procfile: 'web: node_modules/.bin/verdaccio --config config.yaml --listen http://0.0.0.0:$PORT\n',
    'app.json': health('/-/ping'),
    'config.yaml': `storage: /tmp/storage
auth: { htpasswd: { file: /tmp/htpasswd } }
uplinks: {}
packages: { '**': { access: $all, publish: $authenticated } }
log: { type: stdout, format: json, level: warn }
`,
  };
  await platform.app('packages');
  await platform.ok('deploy', platform.source('packages', files), '--app', 'packages');
  const site = `https://packages.${DOMAIN}`;
  expect((await platform.get(`${site}/-/ping`)).status).toBe(200);
  expect((await platform.get(`${site}/`)).body).toContain('Verdaccio');

  // It does its work: somebody signs up, publishes a package, and somebody else gets it.
  const put = (path: string, body: unknown, ...more: string[]) =>
    platform.get(
      `${site}${path}`,
      '-X',
      'PUT',
      '--header',
      'content-type: application/json',
      '--data-binary',
      JSON.stringify(body),
      ...more,
    );
  const person = { name: 'ada', password: 'correct-horse-battery' };
  const signed = await put('/-/user/org.couchdb.user:ada', {
    _id: 'org.couchdb.user:ada',
    type: 'user',
    roles: [],
    ...person,
  });
  expect(signed.status).toBe(201);
  const { token } = JSON.parse(signed.body) as { token: string };
  const version = {
    name: 'hello',
    version: '1.0.0',
    dist: { tarball: `${site}/hello/-/hello-1.0.0.tgz`, shasum: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' },
  };
  const published = await put(
    '/hello',
    {
      _id: 'hello',
      name: 'hello',
      'dist-tags': { latest: '1.0.0' },
      versions: { '1.0.0': version },
      _attachments: {
        'hello-1.0.0.tgz': { content_type: 'application/octet-stream', data: 'aGVsbG8=', length: 5 },
      },
    },
    '--header',
    `authorization: Bearer ${token}`,
  );
  expect(published.status).toBe(201);
  expect((await platform.get(`${site}/hello/-/hello-1.0.0.tgz`)).body).toBe('hello');
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
