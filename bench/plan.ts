// Time of the pure halves: plans of 1,000 apps at every point of a deploy, and the edge's state from all of them.
import { render } from '../src/adapters/haproxy/render.ts';
import { DEFAULT_LIMITS, EDGE_UID, publicBind } from '../src/adapters/haproxy/settings.ts';
import { planConverge, planRelease } from '../src/capabilities/apps/plan.ts';
import { edgeConfig } from '../src/capabilities/edge/plan.ts';
import { must } from '../src/kernel/refusal.ts';
import { edgeFacts } from './lib/fleet.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median, quantile, times } from './lib/stats.ts';
import { firstDeploy, NOW, operation, points, redeploy, settled } from './lib/worlds.ts';

const { rounds, apps, tasks } = numbers({ rounds: 50, apps: 1000, tasks: 3 });
const bench = await begin('plan', 'Plans: what the agent works out before it does anything');

const rows: [string, number, number, number][] = [];
const raw: Record<string, number[]> = {};
function measure(what: string, each: number, work: () => void): void {
  const measured = times(rounds, work);
  raw[what] = measured;
  rows.push([what, median(measured), quantile(measured, 0.95), (median(measured) * 1000) / each]);
}

const first = points(firstDeploy());
const again = points(redeploy());
/** App n stands at point n of a deploy, round and round. */
const fleet = (worlds: readonly ReturnType<typeof settled>[]) =>
  Array.from({ length: apps }, (_, n) => worlds[n % worlds.length]!);

for (const [what, worlds] of [
  [`first deploy, ${first.length} points`, fleet(first)],
  [`redeploy, ${again.length} points`, fleet(again)],
] as const)
  measure(`plan ${apps} apps, each somewhere in a ${what}`, apps, () => {
    for (const world of worlds) must(planRelease(operation, world, NOW));
  });

const quiet = fleet([settled()]);
measure(`drift check of ${apps} apps where nothing is to do`, apps, () => {
  for (const world of quiet) if (planConverge(world, NOW, false).length > 0) throw new Error('it drifted');
});
measure(`plan until empty: ${apps} whole redeploys (${again.length} plans each)`, apps, () => {
  for (let n = 0; n < apps; n += 1) points(redeploy());
});

const facts = edgeFacts({
  apps,
  namesEach: 2,
  tasksEach: tasks,
  name: (route) => `app${route}.example.org`,
  server: (app, task) => ({ address: `10.200.0.${task + 1}`, port: 20_000 + app }),
  requestLimit: 2000,
});
const config = edgeConfig(facts);
const settings = {
  files: '/var/lib/bastide/projects/system/data/edge',
  sockets: { admin: '/run/bastide/edge/admin.sock', master: '/run/bastide/edge/master.sock' },
  bind: publicBind(false),
  log: 'stdout',
  gid: EDGE_UID,
  limits: DEFAULT_LIMITS,
};
const size = `${apps} apps, ${apps * 2} names, ${apps * tasks} replicas`;
measure(`the edge's wanted state of ${size}`, apps, () => {
  edgeConfig(facts);
});
const text = JSON.stringify(config);
measure('the same, and compared with what was applied (every 400 ms)', apps, () => {
  if (JSON.stringify(edgeConfig(facts)) !== text) throw new Error('the same facts are another state');
});
measure('all files of the edge rendered from it', apps, () => {
  must(render(settings, config));
});

bench.save({
  notes: [
    `Medians of ${rounds} rounds after one that warms up, one process, no input or output: facts are made up beforehand by the simulation that the property tests use.`,
    'The agent plans one app at a time, after every step of its operation; 1,000 at once is what a drift check of 1,000 apps costs.',
  ],
  tables: [
    {
      title: `Time of plans over ${apps} simulated apps`,
      columns: ['what', 'ms, median', 'ms, p95', 'µs an app'],
      rows,
    },
  ],
  raw,
});
