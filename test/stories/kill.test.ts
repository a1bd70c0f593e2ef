import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { busy } from './lib/apps.ts';
import { settled } from './lib/operations.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const APP = 'tough';
/** About as long as a deploy of this app takes on a quiet machine. */
const DEPLOY_MS = 15_000;
let platform: Platform;

beforeAll(async () => {
  platform = await openPlatform();
  await platform.app(APP);
  await platform.ok('deploy', platform.source(APP, busy('v1')), '--app', APP);
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

/** What builds leave on the node while they run: jails' mounts, cgroups and programs. */
async function leftOfBuilds(): Promise<string[]> {
  const { host } = platform.node;
  const lines = async (...argv: string[]) => (await host.exec(argv)).stdout.split('\n');
  const mounts = await lines('cat', '/proc/self/mountinfo');
  const groups = await lines('find', '/sys/fs/cgroup', '-type', 'd', '-path', '*bastide-build*');
  const programs = await lines('ps', '-e', '-o', 'args=');
  return [
    ...mounts.filter((line) => line.includes('bastide-build')),
    ...groups.filter((line) => /\/\d+$/.test(line)),
    ...programs.filter((line) => /^(buildah|bwrap|crun) /.test(line)),
  ];
}

// Spread over the deploy, upload to drain; the exact moment is chance.
const kills = Array.from({ length: 10 }, (_, n) => ({
  victim: n % 3 === 2 ? 'api' : 'agent',
  part: Math.round((n + Math.random()) * 10),
}));

test.each(kills)('the $victim is killed after $part % of a deploy', async ({ victim, part }) => {
  const { node } = platform;
  const says = `after-${victim}-${part}`;
  const source = platform.source(APP, busy(says));
  const load = await platform.load(APP, { kinds: { get: 10, getNew: 2, slowGet: 1 } });
  const { operationId } = await platform.json<{ operationId: string }>(
    'deploy',
    source,
    '--app',
    APP,
    '--detach',
  );
  await sleep((part * DEPLOY_MS) / 100);
  if (victim === 'api') await node.killApi();
  else await node.killAgent();
  await node.ready();
  const operation = await settled(platform, operationId);
  const result = await load.end();

  // The site answered all the time.
  expect(result.failures).toEqual([]);
  expect(result.sent).toBeGreaterThan(50);
  // It completed, or says why not; either way there is one release that serves, and nothing half-way.
  const releases = await platform.json<{ status: string; version: number }[]>('releases', '--app', APP);
  const live = releases.filter(({ status }) => status === 'live');
  expect(live).toHaveLength(1);
  expect(releases.filter(({ status }) => status === 'pending')).toEqual([]);
  const page = await platform.get(`https://${APP}.${DOMAIN}/`);
  expect(page.status).toBe(200);
  if (operation.status === 'succeeded') expect(page.body).toBe(`${says}\n`);
  else expect(operation.failure?.next).toBeTruthy();
  const services = (await node.docker('service', 'ls', '--format', '{{.Name}}')).stdout.split('\n');
  expect(services.filter((name) => name.startsWith('b-'))).toEqual([
    expect.stringContaining(`-v${live[0]!.version}-`),
  ]);
  expect(await leftOfBuilds()).toEqual([]);
});
