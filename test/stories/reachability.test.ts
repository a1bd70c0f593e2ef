import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';
import { document, reachabilityTable, type Scene, setScene, WORLDS } from './lib/reachability.ts';

let platform: Platform;
let scene: Scene;
const seen: boolean[][] = [];
const forged: number[] = [];
const wanted = () => scene.targets.map(({ open }) => open);

beforeAll(async () => {
  platform = await openPlatform();
  scene = await setScene(platform);
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

test('a one-off container of a hostile project reaches the internet and the edge, and nothing else', async () => {
  expect(await scene.connectByRun()).toEqual(wanted());
});

test('it finds its neighbour by its public name only', async () => {
  const names = [
    'victim',
    'web.victim',
    'tasks.victim',
    'bastide-api',
    'bastide-postgres',
    `victim.${DOMAIN}`,
  ];
  expect(await scene.lookup(names)).toEqual([...names.slice(1).map(() => null), platform.node.host.address]);
});

test('it sees no socket, secret or file of the platform', async () => {
  const names = [
    '/run/bastide',
    '/var/run/docker.sock',
    '/run/docker.sock',
    '/etc/bastide/secrets',
    '/etc/bastide/bastide.json',
    '/var/lib/bastide',
    '/app',
  ];
  expect(await scene.files(names)).toEqual(['/app']);
});

test.each(WORLDS)(
  'with $name its web process reaches the internet and the edge, and nothing else',
  async (world) => {
    await scene.lose(world);
    try {
      const open = await scene.connect();
      const frames = await scene.forged();
      seen.push(open);
      forged.push(frames);
      expect(open).toEqual(wanted());
      expect(frames).toBe(0);
    } finally {
      await scene.heal();
    }
  },
);

test('what was seen is written down, when asked for with BASTIDE_WRITE=1', async () => {
  expect(seen).toHaveLength(WORLDS.length);
  const rows = scene.targets.map((target, n) => ({ ...target, seen: seen.map((world) => world[n]!) }));
  const table = reachabilityTable(rows, forged);
  expect(table).toContain('the metadata address');
  if (!process.env.BASTIDE_WRITE) return;
  const text = `# What a hostile container reaches

Measured from inside an app of one project, against another project, the node and the platform, on a lab host that runs
the whole platform. Reproduce it, and write this page anew, with
\`BASTIDE_WRITE=1 npx vitest run --project lab test/stories/reachability.test.ts\` (needs root).

There are two layers of firewall. "Without iptables": every rule of the filter, raw and mangle tables flushed, our nft
tables left. "Without nft": our tables deleted, Docker's and our iptables rules left. The agent was stopped meanwhile;
it puts either layer back within ten seconds.

${table}
`;
  await mkdir(dirname(document), { recursive: true });
  await writeFile(document, text);
});
