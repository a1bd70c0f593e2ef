// Failed requests under a constant open load while something changes or dies.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ask } from '../src/adapters/haproxy/socket.ts';
import { must } from '../src/kernel/refusal.ts';
import { paths } from '../src/main/paths.ts';
import { numbers } from './lib/options.ts';
import { APP_SOURCE, startPlatform } from './lib/platform.ts';
import { begin } from './lib/result.ts';
import { emptyTally, KINDS, type LoadSpec, summary, Tally } from './lib/tally.ts';

const APP = 'shop';
const CLIENTS = [51, 52, 53, 54, 55, 56].map((n) => `203.0.113.${n}`);

const { times, quiet } = numbers({ times: 3, quiet: 10 });
const bench = await begin('downtime', 'Failed requests while something changes', {
  HAProxy: ['haproxy', '-v'],
});
await using platform = await startPlatform();
const { lab, bastide, api } = platform;
const host = `${APP}.${bastide.domain}`;

const source = mkdtempSync(join(tmpdir(), 'bastide-bench-'));
cpSync(APP_SOURCE, source, { recursive: true });
process.once('exit', () => rmSync(source, { recursive: true, force: true }));
let version = 0;
function newSource(): string {
  version += 1;
  writeFileSync(join(source, 'version.txt'), `${version}\n`);
  return source;
}

const scale = (web: number) => platform.change('PUT', `/v1/apps/${APP}/formation`, { web });

async function killReplica(): Promise<void> {
  const found = await bastide.docker('ps', '--quiet', '--filter', 'label=bastide.process=web');
  const [first] = found.stdout.trim().split('\n');
  if (!first) throw new Error('no replica runs');
  await bastide.killContainer(first);
  await sleep(8000);
}

async function killAgent(): Promise<void> {
  await bastide.killAgent();
  await bastide.ready();
}

async function killApi(): Promise<void> {
  await bastide.killApi();
  for (let left = 300; left > 0; left -= 1) {
    await sleep(100);
    if ((await bastide.api('GET', '/up').catch(() => undefined))?.status === 200) return;
  }
  throw new Error('the API did not come back');
}

const reload = async (): Promise<void> => {
  must(await ask(bastide.host.path(join(paths.edgeSocketDir, 'master.sock')), 'reload'));
  await sleep(2000);
};

async function renewCertificate(): Promise<void> {
  const before = must(
    await api.get(`/v1/apps/${APP}/domains`, z.looseObject({ domains: z.array(z.unknown()) })),
  );
  await platform.inside('expire', host);
  // Any change of names looks at all certificates of the app.
  await platform.change('POST', `/v1/apps/${APP}/domains`, { host: `renew${version++}.shop.test` });
  const after = must(
    await api.get(`/v1/apps/${APP}/domains`, z.looseObject({ domains: z.array(z.unknown()) })),
  );
  if (JSON.stringify(before) === JSON.stringify(after)) throw new Error('no certificate was renewed');
}

/** Every event, in order; each leaves the app as the next one expects it. */
const events: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['nothing happens', () => sleep(quiet * 1000)],
  ['deploy', () => platform.deploy(APP, newSource())],
  ['rollback', () => platform.change('POST', `/v1/apps/${APP}/rollback`, {})],
  ['scale from 1 to 3', () => scale(3)],
  ['scale from 3 to 1', () => scale(1)],
  [
    'domain added',
    () => platform.change('POST', `/v1/apps/${APP}/domains`, { host: `new${version}.shop.test` }),
  ],
  ['domain removed', () => platform.change('DELETE', `/v1/apps/${APP}/domains/new${version}.shop.test`)],
  ['certificate renewed', renewCertificate],
  ['edge reloaded', reload],
  ['agent: kill -9', killAgent],
  [
    'agent: kill -9 in a deploy',
    async () => {
      const operation = await platform.submitDeploy(APP, newSource());
      await sleep(1500);
      await killAgent();
      await platform.finished(operation);
    },
  ],
  ['api: kill -9', killApi],
];
const killing: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['replica: kill -9, one of 3', killReplica],
];

await platform.createApp('bench', APP);
await platform.inside('unlimit');
await platform.deploy(APP, newSource());
await platform.deploy(APP, newSource());
for (const address of CLIENTS) await lab.attacker.must(['ip', 'addr', 'add', `${address}/26`, 'dev', 'eth0']);

const spec: LoadSpec = {
  host,
  address: bastide.host.address,
  ca: bastide.certificateAuthority(),
  from: CLIENTS,
  timeoutMs: 15_000,
  kinds: [...KINDS],
};
const load = lab.attacker.spawn(
  [process.execPath, join(import.meta.dirname, 'lib/load.ts'), JSON.stringify(spec)],
  { cwd: join(import.meta.dirname, '..') },
);
const phase = (name: string): void => void load.child.stdin.write(`${name}\n`);
const took = new Map<string, number[]>();
const broken: string[] = [];

async function go([name, happen]: (typeof events)[number]): Promise<void> {
  phase(name);
  const started = performance.now();
  try {
    await happen();
    took.set(name, [...(took.get(name) ?? []), (performance.now() - started) / 1000]);
  } catch (error) {
    broken.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    console.log(broken.at(-1));
  }
  // What the event did to requests that were under way shows a little later.
  await sleep(4000);
  phase('between');
  console.log(`${name}: done`);
}

await sleep(3000);
for (let n = 0; n < times; n += 1) for (const event of events) await go(event);
await go(['three replicas for what follows', () => scale(3)]);
for (let n = 0; n < times; n += 1) for (const event of killing) await go(event);
load.child.stdin.end();
await load.exited;
const tallies = z.record(z.string(), Tally).parse(JSON.parse(load.stdout));

bench.save({
  notes: [
    `Open loop, from six addresses: ${KINDS.map(({ name, perSecond }) => `${perSecond}/s ${name}`).join(', ')}. A request fails when it is not answered with 200 within 15 s; the client repeats nothing.`,
    `Each event ${times} times, under load all the while; a request counts for the event in which, or within 4 s after which, it was sent. Times are how long the operation took under this load.`,
    "The app drains on SIGTERM as Node's own server does. The project's request limit is raised above the load; the limit of one client is not.",
    'A replica that is killed takes the POSTs that it was answering with it: they may have had an effect, so the edge does not repeat them. GETs are repeated.',
    'Where the client itself was late by hundreds of milliseconds, the machine was too busy for this load: latencies, and connections refused by the limit of one client (200 at a time), say more about that than about the event.',
    ...broken.map((why) => `Did not go through: ${why}`),
  ],
  tables: [
    {
      title: 'Failed of sent requests',
      columns: [
        'event',
        'times',
        'took, s',
        'sent',
        'failed',
        'which',
        'GET p50 ms',
        'p99 ms',
        'max ms',
        'client late, ms',
      ],
      rows: [...events, ...killing].map(([name]) => {
        const of = summary(tallies[name] ?? emptyTally());
        const seconds = took.get(name) ?? [];
        const mean = seconds.reduce((all, one) => all + one, 0) / seconds.length;
        const shown = (ms: number): number | string => (Number.isNaN(ms) ? '–' : ms);
        return [
          name,
          seconds.length,
          shown(mean),
          of.sent,
          of.failed,
          of.why,
          shown(of.p50),
          shown(of.p99),
          shown(of.max),
          of.late,
        ];
      }),
    },
  ],
  raw: {
    tallies: Object.fromEntries(
      Object.entries(tallies).map(([name, { sent, failed }]) => [name, { sent, failed }]),
    ),
    took: Object.fromEntries(took),
  },
});
