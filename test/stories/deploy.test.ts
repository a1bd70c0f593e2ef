import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveGit } from './lib/git.ts';
import { EVERY_KIND, ONLY_GET } from './lib/load-model.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const examples = join(import.meta.dirname, '../../examples');
let platform: Platform;
const url = (app: string, path = '/') => `https://${app}.${DOMAIN}${path}`;

beforeAll(async () => {
  platform = await openPlatform();
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

describe.each([
  { name: 'static', says: 'Bastide', kinds: ONLY_GET },
  { name: 'node', says: 'Hello from Bastide', kinds: EVERY_KIND },
  { name: 'php', says: 'PHP 8.2', kinds: ONLY_GET },
  { name: 'django', says: '<h1', kinds: ONLY_GET },
])('the $name example', ({ name, says, kinds }) => {
  const app = `${name}-shop`;

  test('is live over HTTPS after one deploy', async () => {
    await platform.app(app);
    const printed = await platform.ok('deploy', join(examples, name), '--app', app);
    expect(printed).toContain(`${app} runs v1 at https://${app}.${DOMAIN}`);
    const page = await platform.get(url(app));
    expect(page.status).toBe(200);
    expect(page.body).toContain(says);
  });

  test('loses no request when it is deployed again', async () => {
    const load = await platform.load(app, { kinds });
    await platform.ok('deploy', join(examples, name), '--app', app);
    const result = await load.end();
    expect(result.failures).toEqual([]);
    expect(result.failed).toBe(0);
    expect(result.sent).toBeGreaterThan(200);
  });
});

test('a git URL is deployed as a directory is', async () => {
  const directory = '/run/lab/repository';
  await platform.desk.must(['cp', '-r', join(examples, 'static'), directory]);
  const { url: repository, commit } = await serveGit(platform, directory);
  await platform.app('from-git');
  const printed = await platform.ok('deploy', '--git', repository, '--ref', 'main', '--app', 'from-git');
  expect(printed).toContain('from-git runs v1');
  expect((await platform.get(url('from-git'))).status).toBe(200);
  const [release] = await platform.json<{ description: string }[]>('releases', '--app', 'from-git');
  expect(release?.description).toBe(`Deploy ${repository} at main`);
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
});
