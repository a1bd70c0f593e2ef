import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paths } from '../../src/main/paths.ts';
import { plain } from './lib/apps.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const root = join(import.meta.dirname, '../..');
const APP = 'attic';
const PROJECT = 'attic-things';
const canary = (): string => `c4n4ry${randomBytes(16).toString('hex')}`;
const [kept, configured, inClear] = [canary(), canary(), canary()];
let platform: Platform;
let images: { system: string; project: string };

/** Keeps a word in its volume and tells it again. */
const keeper = (says: string): Record<string, string> => ({
  ...plain(says),
  'server.js': `const fs = require('fs');
require('http').createServer((q, r) => {
  const url = new URL(q.url, 'http://x');
  try {
    if (url.pathname === '/keep') {
      fs.writeFileSync('/data/things/word', url.searchParams.get('word').repeat(1000));
      fs.writeFileSync('/data/things/' + url.searchParams.get('word'), 'x');
    }
    r.end(url.pathname === '/up' ? ${JSON.stringify(says)} : fs.readFileSync('/data/things/word', 'utf8').slice(0, 38));
  } catch (error) { r.statusCode = 500; r.end(String(error)); }
}).listen(Number(process.env.PORT), '0.0.0.0');
process.once('SIGTERM', () => process.exit(0));
`,
});

const page = (path: string) => platform.get(`https://${APP}.${DOMAIN}${path}`);
const onNode = (...argv: string[]) => platform.node.host.must(argv);

/** How often the word is in the file as it lies on the disk; holes are skipped, so that size costs nothing. */
async function hits(image: string, word: string): Promise<number> {
  const line = `tar --sparse --create --file=- --absolute-names ${image} | grep --count --text ${word} || true`;
  return Number((await onNode('sh', '-c', line)).trim());
}

async function until(question: () => Promise<boolean>, seconds = 120): Promise<void> {
  for (let left = seconds; left > 0; left -= 1) {
    if (await question().catch(() => false)) return;
    await sleep(1000);
  }
  throw new Error('it did not become so');
}
const tellsIt = async () => (await page('/')).body === kept;

beforeAll(async () => {
  platform = await openPlatform();
  await platform.app(APP, PROJECT);
  await platform.ok('volumes:create', 'things', '--project', PROJECT);
  await platform.ok('volumes:attach', 'things', '/data/things', '--app', APP);
  await platform.ok('deploy', platform.source(APP, keeper('one')), '--app', APP);
  await platform.ok('config:set', `WORD=${configured}`, '--app', APP);
  const [project] = (await onNode('ls', paths.storage))
    .split('\n')
    .filter((name) => /^[0-9a-f-]{36}/.test(name));
  images = { system: join(paths.storage, 'system.img'), project: join(paths.storage, project!) };
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

test('what an app keeps in its volume survives a redeploy', async () => {
  expect(await page(`/keep?word=${kept}`)).toEqual({ status: 200, body: kept });
  await platform.ok('deploy', platform.source(APP, keeper('two')), '--app', APP);
  expect(await page('/up')).toMatchObject({ body: 'two' });
  expect(await tellsIt()).toBe(true);
});

test('nothing of it is on the disk in clear; the same hunt finds what was written beside', async () => {
  const beside = join(paths.projects, images.project.split('/').at(-1)!.replace('.img', ''), 'beside');
  await onNode('sh', '-c', `printf %s ${inClear} > ${beside}`);
  await onNode('sync');
  for (const word of [kept, configured])
    for (const image of Object.values(images)) expect([image, await hits(image, word)]).toEqual([image, 0]);
  expect(await hits(images.project, inClear)).toBeGreaterThan(0);
  // Nor where no image is: logs, settings, what is left of the old places.
  const elsewhere = await platform.node.host.exec([
    ...['grep', '--recursive', '--files-with-matches', '--text', '--exclude=*.img', '--exclude-dir=projects'],
    ...['-e', kept, '-e', configured, '/var/lib/bastide', '/var/log/bastide', '/etc/bastide'],
  ]);
  expect(elsewhere.stdout).toBe('');
});

test('suspended it does not run, is locked, and comes back as it was', async () => {
  await platform.ok('projects:suspend', PROJECT);
  expect((await page('/')).status).toBe(503);
  // The device goes with its last mount, a moment after the last container of the project is gone.
  await until(async () => (await onNode('losetup', '--noheadings', '--associated', images.project)) === '');
  const refused = await platform.bastide('deploy', platform.source(APP, keeper('no')), '--app', APP);
  expect(refused.stderr).toContain('suspended');
  await sleep(20_000);
  expect((await page('/')).status).toBe(503);
  await platform.ok('storage:resize', '11', '--project', PROJECT);
  await platform.ok('projects:resume', PROJECT);
  await until(tellsIt);
  expect(await platform.json('storage', '--project', PROJECT)).toMatchObject({
    sizeBytes: 11 * 1024 ** 3,
    state: 'ready',
    suspended: false,
  });
});

test('after a stop nothing is mounted or attached, and a start brings all of it back', async () => {
  const { node } = platform;
  node.agent.kill('SIGKILL');
  await node.agent.exited;
  const stop = [
    `const { runner } = await import('${root}/src/adapters/exec/run.ts')`,
    `const { makeEncryptedImages } = await import('${root}/src/adapters/fscrypt/images.ts')`,
    `const { tearDownSystem } = await import('${root}/src/capabilities/nodes/system/tear-down.ts')`,
    `const { tearDownNode } = await import('${root}/src/capabilities/nodes/teardown.ts')`,
    `const { tearDownStorage } = await import('${root}/src/capabilities/nodes/system/storage.ts')`,
    `const { thisNode } = await import('${root}/src/main/agent/node.ts')`,
    `const node = thisNode()`,
    `const directories = { storage: '${paths.storage}', mounts: '${paths.projects}' }`,
    `const told = [await tearDownSystem(node.engine), await tearDownNode(node), await tearDownStorage(makeEncryptedImages(runner), directories)]`,
    `console.log(JSON.stringify(told.filter(Boolean)))`,
  ];
  expect(await onNode(process.execPath, '--input-type=module', '--eval', stop.join(';\n'))).toBe('[]\n');
  for (const image of Object.values(images))
    expect(await onNode('losetup', '--noheadings', '--associated', image)).toBe('');
  expect(await onNode('cat', '/proc/self/mountinfo')).not.toContain(paths.projects);
  expect(await onNode('ls', join(paths.projects, 'system'))).toBe('');

  await node.killAgent();
  await node.ready(300_000);
  await until(tellsIt);
});

test('a volume goes only when no app has it, and takes with it what was in it', async () => {
  const refused = await platform.bastide(
    'volumes:destroy',
    'things',
    '--project',
    PROJECT,
    '--confirm',
    'things',
  );
  expect(refused.stderr).toContain('attached');
  await platform.ok('volumes:detach', 'things', '--app', APP);
  await platform.ok('volumes:destroy', 'things', '--project', PROJECT, '--confirm', 'things');
  expect(await platform.json('volumes', '--project', PROJECT)).toEqual([]);
});
