import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badPhase, busy, crashing, plain, silent, unwell } from './lib/apps.ts';
import { EVERY_KIND, type LoadPlan } from './lib/load-model.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

let platform: Platform;
const url = (app: string, path = '/') => `https://${app}.${DOMAIN}${path}`;
const says = async (app: string) => (await platform.get(url(app))).body;

/** Does something while the site is asked for; every request has to be answered with 200. */
async function unharmed(
  app: string,
  change: () => Promise<unknown>,
  plan: Partial<LoadPlan> = {},
): Promise<void> {
  const load = await platform.load(app, { kinds: EVERY_KIND, ...plan });
  const problem = await change().then(
    () => undefined,
    (error: unknown) => error,
  );
  await sleep(1500);
  const result = await load.end();
  if (problem) throw problem;
  expect(result.failures).toEqual([]);
  expect(result.failed).toBe(0);
  expect(result.sent).toBeGreaterThan(100);
}

beforeAll(async () => {
  platform = await openPlatform();
  await platform.app('shop');
  await platform.ok('deploy', platform.source('shop', busy('one')), '--app', 'shop');
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

describe('under load no request is lost by', () => {
  test('a new release', async () => {
    const source = platform.source('shop', busy('two'));
    await unharmed('shop', () => platform.ok('deploy', source, '--app', 'shop'));
    expect(await says('shop')).toBe('two\n');
  });

  test('a rollback, which takes seconds', async () => {
    await unharmed('shop', () => platform.ok('rollback', '--app', 'shop'));
    expect(await says('shop')).toBe('one\n');
    const [newest] = await platform.json<{ version: number; liveAt: string; createdAt: string }[]>(
      'releases',
      '--app',
      'shop',
    );
    expect(newest?.version).toBe(3);
    const seconds = (Date.parse(newest!.liveAt) - Date.parse(newest!.createdAt)) / 1000;
    expect(seconds).toBeLessThan(60);
  });

  test('more replicas, then fewer', async () => {
    // What the engine forgets of a replica that it is about to stop shows in one scaling of three.
    const there = async () => {
      await platform.ok('ps:scale', 'web=3', '--app', 'shop');
      await sleep(3000);
      await platform.ok('ps:scale', 'web=1', '--app', 'shop');
      await sleep(3000);
    };
    const kinds = { ...EVERY_KIND, slowPost: 8 };
    await unharmed('shop', () => there().then(there).then(there), { kinds });
  });

  test('a changed config var', async () => {
    await unharmed('shop', () => platform.ok('config:set', '--plain', 'COLOR=blue', '--app', 'shop'));
    expect(await platform.ok('config:get', 'COLOR', '--app', 'shop')).toBe('blue\n');
  });

  test('a restart', () => unharmed('shop', () => platform.ok('ps:restart', '--app', 'shop')));

  test('a further domain, which then answers with a certificate of its own', async () => {
    await unharmed('shop', () => platform.ok('domains:add', 'shop.example.org', '--app', 'shop'));
    expect(await platform.get('https://shop.example.org/')).toEqual({ status: 200, body: 'one\n' });
  });

  test('maintenance, when the answer that it gives is the one that is wanted', async () => {
    const load = await platform.load('shop', { kinds: EVERY_KIND });
    await platform.ok('maintenance:on', '--app', 'shop');
    const closed = await platform.get(url('shop'), '--dump-header', '-');
    await platform.ok('maintenance:off', '--app', 'shop');
    const result = await load.end();
    expect(closed.status).toBe(503);
    expect(closed.body.toLowerCase()).toContain('retry-after');
    expect(result.failures.filter((failure) => !failure.endsWith('status 503'))).toEqual([]);
    expect(result.answered).toBeGreaterThan(0);
    expect(result.failed).toBeGreaterThan(0);
    expect((await platform.get(url('shop'))).status).toBe(200);
  });
});

describe('never gets traffic, while the old release serves and one screen says why, a release', () => {
  test.each([
    { name: 'whose health path answers 503', files: unwell, code: 'release_unhealthy', words: /503/ },
    {
      name: 'that crashes at its start',
      files: crashing,
      code: /^release_/,
      words: /exit code 3|cannot find the moon/,
    },
    { name: 'that never listens', files: silent, code: 'release_unhealthy', words: /refused|connection/i },
    {
      name: 'whose release phase fails',
      files: badPhase,
      code: 'release_phase_failed',
      words: /7[\s\S]*column is missing/,
    },
  ])('$name', async ({ files, code, words }) => {
    const load = await platform.load('shop', { kinds: { get: 10 } });
    const before = await says('shop');
    const failed = await platform.bastide('deploy', platform.source('shop', files()), '--app', 'shop');
    const result = await load.end();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(words);
    expect(failed.stderr).toContain('→');
    // One screen: the reason comes last and is short.
    expect(failed.stderr.split('\n').length).toBeLessThan(24);
    const [newest, live] = await platform.json<{ status: string; failure: { code: string } | null }[]>(
      'releases',
      '--app',
      'shop',
    );
    expect(newest?.status).toBe('failed');
    expect(newest?.failure?.code).toMatch(code);
    expect(live?.status).toBeDefined();
    expect(await says('shop')).toBe(before);
    expect(result.failures).toEqual([]);
    const services = await platform.node.docker('service', 'ls', '--format', '{{.Name}}');
    expect(
      services.stdout
        .trim()
        .split('\n')
        .filter((name) => name.startsWith('b-')).length,
    ).toBe(1);
  });
});

describe('run', () => {
  test('passes the exit code on', async () => {
    for (const code of [0, 1, 42])
      expect((await platform.bastide('run', '--app', 'shop', '--', 'sh', '-c', `exit ${code}`)).code).toBe(
        code,
      );
  });

  test('gives the whole output, in order, each stream where it belongs', async () => {
    const script = 'for (let n = 0; n < 500; n++) console.log("line " + n); console.error("and this")';
    const ran = await platform.bastide('run', '--app', 'shop', '--', 'node', '-e', script);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toBe(Array.from({ length: 500 }, (_, n) => `line ${n}\n`).join(''));
    expect(ran.stderr).toBe('and this\n');
  });

  test('shows the app its own config vars and nothing of the platform', async () => {
    await platform.ok('config:set', 'TOKEN=mine-alone', '--app', 'shop');
    const ran = await platform.ok('run', '--app', 'shop', '--', 'env');
    const names = ran
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]!)
      .sort();
    expect(ran).toContain('TOKEN=mine-alone\n');
    const known = [
      'BASTIDE_APP',
      'BASTIDE_CA',
      'BASTIDE_RELEASE',
      'COLOR',
      'HOME',
      'HOSTNAME',
      'LANG',
      'NODE_ENV',
      'NPM_CONFIG_CACHE',
    ];
    expect(names).toEqual(
      [
        ...known,
        'NPM_CONFIG_UPDATE_NOTIFIER',
        'PATH',
        'PORT',
        'PWD',
        'TINI_KILL_PROCESS_GROUP',
        'TOKEN',
      ].filter((name) => names.includes(name)),
    );
  });
});

describe('output', () => {
  const talking = () => ({
    ...plain('talking'),
    'server.js': `console.log("begun"); setInterval(() => console.log("tick " + Date.now()), 1000);
require("http").createServer((q, r) => { console.log("asked for " + q.url); r.end("ok"); }).listen(Number(process.env.PORT), "0.0.0.0");\n`,
    'app.json': JSON.stringify({ cron: [{ name: 'minute', schedule: '* * * * *', command: 'node job.js' }] }),
    'job.js': 'require("fs"); console.log("the job ran");\n',
  });

  test('is there afterwards, and comes as it is made', async () => {
    await platform.app('talk');
    await platform.ok('deploy', platform.source('talk', talking()), '--app', 'talk');
    expect(await platform.ok('logs', '--app', 'talk')).toContain('begun');
    const tail = platform.begin('logs', '-t', '--app', 'talk');
    await tail.says(/begun/, 60_000);
    await platform.get(url('talk', '/hello'));
    await tail.says(/asked for \/hello/, 60_000);
    tail.kill('SIGINT');
    expect(await tail.exited).toBe(130);
  });

  test('a cron job runs when it is due', async () => {
    const started = performance.now();
    const ran = async () => {
      const { operations } = (await platform.api('GET', '/v1/operations?limit=50')).body as {
        operations: { kind: string; status: string }[];
      };
      return operations.find(({ kind, status }) => kind === 'apps.cron' && status === 'succeeded');
    };
    while (!(await ran()) && performance.now() - started < 150_000) await sleep(2000);
    expect(await ran()).toBeDefined();
  });
});

test('what an app planted in its file system is gone after it is deployed again', async () => {
  const planting = {
    ...plain('planting'),
    'server.js': `const fs = require("fs");
const places = ["/app/planted", "/tmp/planted", "/run/planted", "/usr/bin/planted", "/etc/planted", "/var/tmp/planted", "/dev/shm/planted"];
const tried = { before: places.filter((p) => fs.existsSync(p)), written: [] };
for (const p of places) try { fs.writeFileSync(p, "#!/bin/sh"); tried.written.push(p); } catch {}
require("http").createServer((q, r) => r.end(JSON.stringify(tried))).listen(Number(process.env.PORT), "0.0.0.0");\n`,
  };
  await platform.app('plant');
  for (const round of [1, 2]) {
    await platform.ok('deploy', platform.source(`plant${round}`, planting), '--app', 'plant');
    const seen = JSON.parse(await says('plant')) as { before: string[]; written: string[] };
    expect(seen.before).toEqual([]);
    expect(seen.written).toContain('/tmp/planted');
    expect(seen.written.filter((path) => /^\/(app|usr|etc|var)/.test(path))).toEqual([]);
  }
});
