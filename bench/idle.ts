// Memory of the control plane while nothing happens: proportional set size of every process of the platform.
import { setTimeout as sleep } from 'node:timers/promises';
import { numbers } from './lib/options.ts';
import { APP_SOURCE, startPlatform } from './lib/platform.ts';
import { mebibytes, memoryOfTree, type ProcessMemory } from './lib/processes.ts';
import { begin } from './lib/result.ts';
import { median } from './lib/stats.ts';

const { seconds, looks } = numbers({ seconds: 60, looks: 5 });
const bench = await begin('idle', 'The control plane at rest');

/** What a process is part of, by its command line. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/main\/agent\.ts/, 'agent'],
  [/postgres/, 'database'],
  [/registry/, 'registry'],
  [/haproxy/, 'edge'],
  [/pgbouncer|gateway-mysql/, 'gateways'],
  [/api\.(js|mjs|ts)/, 'api'],
  [/dockerd/, 'engine'],
  [/containerd/, 'engine: containerd and shims'],
  [/docker-(proxy|init)|\/tini/, 'engine: containerd and shims'],
];
const partOf = ({ command }: ProcessMemory): string =>
  PARTS.find(([pattern]) => pattern.test(command))?.[1] ?? 'other';

await using platform = await startPlatform();
const { bastide } = platform;

/** The host's own tree, and the agent, which the lab starts from outside of it. */
function processes(): ProcessMemory[] {
  const all = [bastide.host.pid, bastide.agent.pid ?? 0].flatMap(memoryOfTree);
  return [...new Map(all.map((one) => [one.pid, one])).values()];
}

async function look(): Promise<Map<string, number>[]> {
  await sleep(seconds * 1000);
  const found: Map<string, number>[] = [];
  for (let n = 0; n < looks; n += 1) {
    const parts = Map.groupBy(processes(), partOf);
    found.push(new Map([...parts].map(([part, those]) => [part, mebibytes(those)])));
    await sleep(1000);
  }
  return found;
}

const empty = await look();
await platform.createApp('bench', 'shop');
await platform.deploy('shop', APP_SOURCE);
const withApp = await look();

const of = (found: readonly Map<string, number>[], part: string): number =>
  median(found.map((parts) => parts.get(part) ?? 0));
const known = [...new Set([...PARTS.map(([, part]) => part), 'other'])];
const total = (found: readonly Map<string, number>[]): number =>
  known.filter((part) => part !== 'other').reduce((sum, part) => sum + of(found, part), 0);

bench.save({
  notes: [
    `Proportional set size from /proc/<pid>/smaps_rollup, median of ${looks} looks, ${seconds} s after the last change.`,
    'The agent runs from source, unbundled. "Other" is what is not the platform: the lab\'s init and the app itself; it is not in the sum.',
  ],
  tables: [
    {
      title: 'Memory in MiB',
      columns: ['part', 'without an app', 'after a deploy, one replica'],
      rows: [
        ...known.map((part) => [part, of(empty, part), of(withApp, part)]),
        ['the control plane', total(empty), total(withApp)],
      ],
    },
  ],
  raw: [empty, withApp].map((found) => found.map((parts) => Object.fromEntries(parts))),
});
