import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plain } from './lib/apps.ts';
import { archive, type Entry, sendArchive } from './lib/archive.ts';
import { type Operation, settled } from './lib/operations.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const APP = 'target';
let platform: Platform;

beforeAll(async () => {
  platform = await openPlatform();
  await platform.app(APP);
  await platform.ok('deploy', platform.source(APP, plain('still here')), '--app', APP);
});
afterAll(async () => {
  // Whatever was tried, the site is what it was.
  if (platform)
    expect(await platform.get(`https://${APP}.${DOMAIN}/`)).toEqual({ status: 200, body: 'still here\n' });
  await platform?.[Symbol.asyncDispose]();
});

const OWN: readonly Entry[] = [{ name: 'index.html', text: 'mine' }];

const deployArchive = async (bytes: Uint8Array): Promise<Operation> =>
  deploySource({ kind: 'upload', upload: await sendArchive(platform, APP, bytes) });

async function deploySource(source: object): Promise<Operation> {
  const asked = await platform.api('POST', `/v1/apps/${APP}/deploys`, { source });
  expect(asked.status).toBe(202);
  return settled(platform, (asked.body as { operationId: string }).operationId);
}

describe('an archive is refused', () => {
  const cases: readonly { what: string; entries: readonly Entry[]; code: string }[] = [
    {
      what: 'with a path that leads out',
      entries: [{ name: '../../etc/cron.d/x', text: 'x' }],
      code: 'source_archive_path',
    },
    {
      what: 'with an absolute path',
      entries: [{ name: '/etc/shadow', text: 'x' }],
      code: 'source_archive_path',
    },
    {
      what: 'with a link that leads out',
      entries: [{ name: 'out', type: 'symlink', linkname: '../../../etc/bastide/secrets/root.key' }],
      code: 'source_archive_link',
    },
    {
      what: 'with an absolute link',
      entries: [{ name: 'out', type: 'symlink', linkname: '/etc/shadow' }],
      code: 'source_archive_link',
    },
    {
      what: 'that writes through a link of its own',
      entries: [
        { name: 'd', type: 'symlink', linkname: '.' },
        { name: 'd/x', text: 'x' },
      ],
      code: 'source_archive_path',
    },
    {
      what: 'with a device',
      entries: [{ name: 'sda', type: 'character-device' }],
      code: 'source_archive_type',
    },
    {
      what: 'with a hard link to the outside',
      entries: [{ name: 'h', type: 'link', linkname: '/etc/shadow' }],
      code: 'source_archive_type',
    },
    {
      what: 'with two Procfiles that differ in case',
      entries: [
        { name: 'Procfile', text: 'web: a' },
        { name: 'procfile', text: 'web: b' },
      ],
      code: 'source_archive_duplicate',
    },
    { what: 'without a file', entries: [], code: 'source_archive_empty' },
  ];
  test.each(cases)('$what', async ({ entries, code }) => {
    const operation = await deployArchive(await archive(entries.length > 0 ? [...OWN, ...entries] : []));
    expect(operation.failure?.code).toBe(code);
    expect(operation.failure?.next).toBeTruthy();
  });

  test('that is none', async () => {
    expect((await deployArchive(Buffer.from('#!/bin/sh\nrm -rf /\n'))).failure?.code).toBe(
      'source_archive_corrupt',
    );
  });

  test('that grows without end', async () => {
    const bomb = await archive([...OWN, { name: 'zeros', text: '\0'.repeat(64 * 1024 * 1024) }]);
    expect((await deployArchive(bomb)).failure?.code).toBe('source_archive_bomb');
  });
});

describe('a git address is refused', () => {
  test.each([
    'ext::sh -c "touch /tmp/owned"',
    '--upload-pack=touch /tmp/owned',
    'file:///etc/bastide',
    'ssh://git@github.com/x/y.git',
    'https://user:secret@git.test/shop.git',
    'https://169.254.169.254/latest.git',
    'https://localhost/shop.git',
    'https://git.test/../../etc.git',
    'https://git.test:22/shop.git',
  ])('%s', async (url) => {
    expect((await deploySource({ kind: 'git', url })).failure?.code).toBe('git_url_refused');
  });

  test('with a ref that is an option', async () => {
    const source = { kind: 'git', url: 'https://git.test/shop.git', ref: '--upload-pack=touch' };
    const asked = await platform.api('POST', `/v1/apps/${APP}/deploys`, { source });
    expect(asked.status).toBe(422);
  });
});

describe('a source is refused', () => {
  const own = plain('never');
  const cases: readonly { what: string; files: Record<string, string>; code: string; words: RegExp }[] = [
    {
      what: 'whose Procfile is junk',
      files: { ...own, Procfile: 'web node\n' },
      code: 'source_procfile_invalid',
      words: /line 1/,
    },
    {
      what: 'whose Procfile names a process with a path',
      files: { ...own, Procfile: '../../x: node\n' },
      code: 'source_procfile_invalid',
      words: /line 1/,
    },
    {
      what: 'whose app.json is no JSON',
      files: { ...own, 'app.json': '{' },
      code: 'source_app_json_invalid',
      words: /JSON/,
    },
    {
      what: 'whose cron job comes every second',
      files: { ...own, 'app.json': '{"cron":[{"schedule":"* * * * * *","command":"x"}]}' },
      code: 'source_cron_invalid',
      words: /five|fields/i,
    },
    {
      what: 'whose health path is another site',
      files: { ...own, 'app.json': '{"healthchecks":{"web":[{"path":"//evil.example"}]}}' },
      code: 'source_app_json_invalid',
      words: /health/,
    },
    {
      what: 'whose bastide.yaml has an unknown key',
      files: { ...own, 'bastide.yaml': 'proceses:\n  web: node server.js\n' },
      code: 'source_bastide_yaml_invalid',
      words: /Did you mean `processes`/,
    },
    {
      what: 'whose bastide.yaml grows by aliases',
      files: { ...own, 'bastide.yaml': 'env: &a\n  A: "1"\nx-b: *a\n' },
      code: 'source_bastide_yaml_invalid',
      words: /alias/,
    },
    {
      what: 'whose bastide.yaml points out of the source',
      files: { ...own, 'bastide.yaml': 'dockerfile: ../../../etc/shadow\n' },
      code: 'source_bastide_yaml_invalid',
      words: /within/,
    },
    {
      what: 'whose Dockerfile builds on an image of elsewhere',
      files: { Dockerfile: 'FROM docker.io/library/alpine\nRUN id\n' },
      code: 'build_base_refused',
      words: /stack/,
    },
    {
      what: 'whose Dockerfile names a frontend of elsewhere and mounts the host',
      files: {
        Dockerfile:
          'FROM bastide/node\nRUN --mount=type=bind,source=/,target=/host cat /host/etc/bastide/secrets/root.key\n',
      },
      code: 'build_failed',
      words: /./,
    },
    {
      what: 'that says nothing of itself',
      files: { 'notes.txt': 'hello' },
      code: 'source_not_recognised',
      words: /package\.json/,
    },
  ];
  test.each(cases)('$what', async ({ files, code, words }) => {
    const { operationId } = await platform.json<{ operationId: string }>(
      'deploy',
      platform.source('hostile', files),
      '--app',
      APP,
      '--detach',
    );
    const { failure } = await settled(platform, operationId);
    expect(failure?.code).toBe(code);
    expect(`${failure?.message} ${failure?.next}`).toMatch(words);
    expect(JSON.stringify(failure)).not.toMatch(/BEGIN|root:/);
  });
});

describe('at the edge', () => {
  const ask = (...options: string[]) => platform.get(`https://${APP}.${DOMAIN}/`, ...options);

  test('an unknown host gets no app', async () => {
    const { address } = platform.node.host;
    const other = await platform.get(
      `https://${address}/`,
      '--insecure',
      '--header',
      'Host: nobody.example.org',
    );
    expect([0, 404, 421]).toContain(other.status);
    expect(other.body).not.toContain('still here');
  });

  test.each([
    ['another name than the certificate was for', ['--header', `Host: bastide.${DOMAIN}`], [421]],
    ['a name with a port that is no number', ['--header', `Host: ${APP}.${DOMAIN}:80x`], [400, 404, 421]],
    ['a name with a path in it', ['--header', 'Host: a/../b'], [400, 404, 421]],
    [
      'two lengths',
      ['--http1.1', '--header', 'Content-Length: 3', '--header', 'Content-Length: 5', '--data', 'abc'],
      [400],
    ],
    [
      'a length and chunks',
      ['--http1.1', '--header', 'Transfer-Encoding: xchunked', '--data', 'abc'],
      [400, 422, 501],
    ],
    ['a secret file', ['--request-target', '/.env'], [403, 404]],
    ['the history', ['--request-target', '/.git/config'], [403, 404]],
    ['the Procfile by a detour', ['--request-target', '/x/..%2fProcfile'], [400, 403, 404]],
  ] as const)('%s is refused', async (_, options, statuses) => {
    const answer = await ask(...options);
    expect(statuses).toContain(answer.status);
    expect(answer.body).not.toContain('still here');
  });

  test('a client cannot say where it comes from', async () => {
    const echo = {
      ...plain(''),
      'server.js':
        'require("http").createServer((q, r) => r.end(JSON.stringify(q.headers))).listen(Number(process.env.PORT), "0.0.0.0");\n',
    };
    await platform.app('mirror');
    await platform.ok('deploy', platform.source('mirror', echo), '--app', 'mirror');
    const lies = [
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Real-IP: 10.0.0.1',
      'Forwarded: for=10.0.0.1',
    ];
    const { body } = await platform.get(
      `https://mirror.${DOMAIN}/`,
      ...lies.flatMap((lie) => ['--header', lie]),
    );
    const seen = JSON.parse(body) as Record<string, string>;
    expect(seen['x-forwarded-for']).toBe(platform.lab.attacker.address);
    expect(seen['x-forwarded-proto']).toBe('https');
    expect(body).not.toContain('10.0.0.1');
  });

  test.each([
    ['xn--bcher-kva.example.org.', 'host_trailing_dot'],
    ['*.example.org', 'host_wildcard'],
    ['bücher.example.org', 'host_not_ascii'],
    ['203.0.113.9', 'host_is_address'],
    [`other.${DOMAIN}`, 'host_reserved'],
    ['a_b.example.org', 'host_underscore'],
    ['-a.example.org', 'host_malformed'],
  ])('the name %s is no domain', async (host, code) => {
    const answer = await platform.api('POST', `/v1/apps/${APP}/domains`, { host });
    expect((answer.body as { error?: { code: string } }).error?.code).toBe(code);
  });
});
