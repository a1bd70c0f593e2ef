import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../src/main/paths.ts';
import { plain } from '../stories/lib/apps.ts';
import { DOMAIN, openPlatform, type Platform } from '../stories/lib/platform.ts';
import { type Answer, askApi, json, newAccount } from './lib/asking.ts';
import { OPEN } from './lib/open.ts';

const root = join(import.meta.dirname, '../..');
const API = `https://bastide.${DOMAIN}`;
const APP = 'treasure';
let platform: Platform;
let owner: string;
/** Somebody with an account, an organization and a project of their own on the same platform. */
let stranger: string;
let operation: string;

const ask = (path: string, options: readonly string[] = [], token?: string): Promise<Answer> =>
  askApi(platform, path, options, token);

beforeAll(async () => {
  platform = await openPlatform();
  owner = (JSON.parse(platform.desk.readFile('/run/lab/config/bastide/config.json')) as { token: string })
    .token;
  await platform.app(APP);
  await platform.ok('deploy', platform.source(APP, plain('gold')), '--app', APP);
  const operations = await ask('/v1/operations', [], owner);
  operation = (JSON.parse(operations.body) as { operations: { id: string }[] }).operations[0]!.id;
  stranger = await newAccount(platform, 'stranger');
  for (const [path, name] of [
    ['/v1/organizations', 'strangers'],
    ['/v1/organizations/strangers/projects', 'shed'],
  ] as const)
    expect([201, 202, 409]).toContain((await ask(path, json('POST', { name }), stranger)).status);
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

interface Documented {
  readonly requestBody?: object;
  readonly security?: readonly unknown[];
}

describe('somebody else’s things', () => {
  const document = JSON.parse(readFileSync(join(root, 'docs/reference/openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, Documented>>;
  };
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => ({
      path,
      method: method.toUpperCase(),
      requestBody,
    })),
  );
  const about = all.filter(({ path }) => /^\/v1\/(?!platform).*\{(org|project|app|operation)/.test(path));
  const fill = (path: string, names: Readonly<Record<string, string>>) =>
    path.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? 'x');
  const theirs = () => ({
    organization: 'tellers',
    project: 'stories',
    app: APP,
    operation,
    host: `${APP}.${DOMAIN}`,
  });
  const nobodys = {
    organization: 'nobody',
    project: 'nobody',
    app: 'nobody',
    operation: '01890000-0000-7000-8000-000000000000',
    host: 'x',
  };

  test('every route of the document answers a stranger as if they did not exist', async () => {
    expect(about.length).toBeGreaterThan(25);
    for (const { path, method, requestBody } of about) {
      const options = json(method, requestBody ? {} : undefined);
      const [real, none] = [
        await ask(fill(path, theirs()), options, stranger),
        await ask(fill(path, nobodys), options, stranger),
      ];
      expect(real.status, `${method} ${path} ${real.body}`).toBe(404);
      expect([real.status, real.code], `${method} ${path}`).toEqual([none.status, none.code]);
      expect(
        real.body
          .replaceAll(APP, 'nobody')
          .replaceAll('tellers', 'nobody')
          .replaceAll('stories', 'nobody')
          .replaceAll(operation, nobodys.operation),
        `${method} ${path}`,
      ).toBe(none.body);
    }
  });

  test('and without a token every route but the public ones is closed', async () => {
    for (const { path, method } of all) {
      const { status } = await ask(fill(path, theirs()), json(method));
      expect(OPEN.has(path) ? 401 : status, `${method} ${path}`).toBe(401);
    }
  });

  test('are in no list', async () => {
    for (const path of ['/v1/organizations', '/v1/projects', '/v1/apps', '/v1/operations']) {
      const { status, body } = await ask(path, [], stranger);
      expect(status).toBe(200);
      expect(body).not.toMatch(new RegExp(`${APP}|stories|tellers|${operation}`));
    }
  });
});

describe('a token', () => {
  const wrong: readonly [string, () => readonly string[]][] = [
    ['in the query', () => ['--url-query', `token=${owner}`]],
    ['as Basic', () => ['--user', `${owner}:`]],
    ['in a cookie', () => ['--cookie', `token=${owner}`]],
    [
      'in a header of another name',
      () => ['--header', `x-api-key: ${owner}`, '--header', `x-auth-token: ${owner}`],
    ],
    ['shortened', () => ['--header', `authorization: Bearer ${owner.slice(0, -1)}`]],
    ['in capitals', () => ['--header', `authorization: Bearer ${owner.toUpperCase()}`]],
    ['with a word after it', () => ['--header', `authorization: Bearer ${owner} x`]],
    ['of nothing', () => ['--header', 'authorization: Bearer ']],
    ['with another prefix', () => ['--header', `authorization: Bearer bsb${owner.slice(3)}`]],
  ];
  test.each(wrong)('%s is none', async (_, options) => {
    expect((await ask('/v1/account', options())).status).toBe(401);
  });

  test('that was revoked is none from the next request on', async () => {
    const made = await ask('/v1/account/tokens', json('POST', { name: 'short', days: 1 }), stranger);
    const { token, id } = JSON.parse(made.body) as { token: string; id: string };
    expect((await ask('/v1/account', [], token)).status).toBe(200);
    expect((await ask(`/v1/account/tokens/${id}`, json('DELETE'), owner)).status).toBe(404);
    expect((await ask(`/v1/account/tokens/${id}`, json('DELETE'), stranger)).status).toBe(200);
    expect((await ask('/v1/account', [], token)).status).toBe(401);
  });
});

describe('a request', () => {
  test.each([
    '//v1/account',
    '/v1//account',
    '/v1/./account',
    '/v1/x/../account',
    '/v1/x/%2e%2e/account',
    '/v1/account%2f',
    '/v1/account/',
    '/v1/account;a=b',
    '/V1/account',
    '/v1/account%00',
    '/v1/apps/..%2f..%2fetc%2fpasswd',
    '/v1/apps/%252e%252e%252f',
    '/v1/apps/treasure%20',
    '/v1/apps/TREASURE',
    `/v1/apps/${'a'.repeat(7000)}`,
    '/.env',
    '/metrics',
    '/documentation/json',
  ])('to %s finds nothing', async (path) => {
    const { status, body } = await ask(path, [], stranger);
    expect([400, 404, 414, 422]).toContain(status);
    expect(body).not.toMatch(/at \w+ \(|node_modules|\/app\/dist/);
  });

  test('cannot say that it has another method, address, host or path', async () => {
    const lies = [
      'X-HTTP-Method-Override: DELETE',
      'X-Method-Override: DELETE',
      'X-Original-URL: /v1/platform/audit',
      'X-Rewrite-URL: /v1/platform/audit',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Prefix: /evil',
    ];
    const { status, body } = await ask(
      '/v1/account',
      lies.flatMap((lie) => ['--header', lie]),
      stranger,
    );
    expect(status).toBe(200);
    expect(body).toContain('"name":"stranger"');
    expect(body).not.toContain('evil');
  });

  test.each([
    ['of an app on the platform’s connection', `${API}/v1/account`, `Host: ${APP}.${DOMAIN}`],
    [
      'of the platform on an app’s connection',
      `https://${APP}.${DOMAIN}/v1/account`,
      `Host: bastide.${DOMAIN}`,
    ],
  ])('with the host %s is refused', async (_, url, host) => {
    const { stdout } = await platform.node.curl(url, [
      '--header',
      host,
      '--write-out',
      '%{http_code}',
      '--output',
      '/dev/null',
    ]);
    expect(stdout).toBe('421');
  });

  test.each(['bastide', 'Bastide', 'bastide.', '-x', 'a..b', 'x.y', '*', 'xn--bcher-kva', '../x'])(
    'cannot make an app named %s',
    async (name) => {
      const { status, code } = await ask('/v1/projects/shed/apps', json('POST', { name }), stranger);
      expect([409, 422, 400], `${status} ${code}`).toContain(status);
    },
  );
});

describe('an upload', () => {
  const kept = () =>
    platform.node.host.must(['ls', paths.uploads]).then((said) => said.split('\n').filter(Boolean).sort());
  const to = `/v1/apps/${APP}/sources`;
  const gzip = ['--header', 'content-type: application/gzip'];
  const claiming = (length: string, body: string) => [
    ...['--http1.1', '--request', 'POST', ...gzip, '--header', `content-length: ${length}`],
    ...['--data-binary', body],
  ];

  test('that says it is too large is refused before it is sent', async () => {
    const before = await kept();
    const answer = await ask(to, claiming('99999999999', 'x'), owner);
    expect(answer.status).toBe(413);
    expect(await kept()).toEqual(before);
  });

  test('that ends before it should leaves no file', async () => {
    const before = await kept();
    await ask(to, [...claiming('500000', 'x'.repeat(20_000)), '--max-time', '4'], owner);
    await sleep(2000);
    expect(await kept()).toEqual(before);
  });

  test('of another type, without a token or for somebody else’s app leaves none', async () => {
    const before = await kept();
    const body = ['--request', 'POST', '--data-binary', 'x'];
    expect((await ask(to, ['--header', 'content-type: text/html', ...body], owner)).status).toBe(415);
    expect((await ask(to, [...gzip, ...body])).status).toBe(401);
    expect((await ask(to, [...gzip, ...body], stranger)).status).toBe(404);
    expect(await kept()).toEqual(before);
  });

  test('of one app is none of another', async () => {
    const sent = await ask(to, ['--request', 'POST', ...gzip, '--data-binary', 'x'], owner);
    const { upload } = JSON.parse(sent.body) as { upload: string };
    expect(
      (await ask('/v1/projects/shed/apps', json('POST', { name: 'shack' }), stranger)).status,
    ).toBeLessThan(410);
    const stolen = await ask(
      '/v1/apps/shack/deploys',
      json('POST', { source: { kind: 'upload', upload } }),
      stranger,
    );
    expect([404, 422]).toContain(stolen.status);
    const climbing = await ask(
      '/v1/apps/shack/deploys',
      json('POST', { source: { kind: 'upload', upload: '../../../etc/shadow' } }),
      stranger,
    );
    expect([400, 422]).toContain(climbing.status);
  });

  test('a body of many megabytes to any other route is refused', async () => {
    platform.lab.attacker.writeFile('/run/lab/large.json', `{"name":"${'a'.repeat(5_000_000)}"}`);
    const answer = await ask(
      '/v1/organizations',
      [
        '--request',
        'POST',
        '--header',
        'content-type: application/json',
        '--data-binary',
        '@/run/lab/large.json',
      ],
      stranger,
    );
    expect(answer.status).toBe(413);
  });
});

// Last: it closes the door for a minute to whoever sits at the attacker's address.
test('who guesses tokens waits, whatever address he claims; others do not', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 14; n += 1) {
    const claim = [
      '--header',
      `X-Forwarded-For: 192.0.2.${n}`,
      '--header',
      `X-Real-IP: 192.0.2.${n}`,
      '--header',
      `Forwarded: for=192.0.2.${n}`,
    ];
    statuses.push((await ask('/v1/account', claim, `bst_${'x'.repeat(49)}`)).status);
  }
  expect(statuses.slice(-3)).toEqual([429, 429, 429]);
  expect((await platform.bastide('apps')).code).toBe(0);
});
