// Throughput and latency of the edge as the agent renders it, against a bare HAProxy with the same TLS, nginx and Caddy.

import { EDGE_UID } from '../src/adapters/haproxy/settings.ts';
import { makeMemoryPki } from '../src/adapters/pki/memory.ts';
import { must } from '../src/kernel/refusal.ts';
import type { LabHost, LabProcess } from '../test/lab/host.ts';
import { createLab } from '../test/lab/lab.ts';
import { appConfig } from './lib/contenders/app.ts';
import { bastide } from './lib/contenders/bastide.ts';
import { caddy, caddyMap } from './lib/contenders/caddy.ts';
import { type Contender, DOMAIN, hostName, type Site } from './lib/contenders/contender.ts';
import { haproxy } from './lib/contenders/haproxy.ts';
import { nginx } from './lib/contenders/nginx.ts';
import { numbers } from './lib/options.ts';
import { cpuOfTree, mebibytes, memoryOfTree } from './lib/processes.ts';
import { begin } from './lib/result.ts';
import { median } from './lib/stats.ts';
import { type Wrk, wrk } from './lib/wrk.ts';

const APP_PORT = 9100;
const PORT = 9443;
const BASE = '/run/bench';
const APP = 'the app itself, HTTP';

const { rounds, seconds, connections } = numbers({ rounds: 5, seconds: 5, connections: 50 });
const bench = await begin('edge', 'The edge: throughput and latency', {
  HAProxy: ['haproxy', '-v'],
  nginx: ['nginx', '-v'],
  Caddy: ['caddy', 'version'],
  OpenSSL: ['openssl', 'version'],
  wrk: ['wrk', '-v'],
});

const leaf = must(
  await makeMemoryPki().issue({ commonName: DOMAIN, hosts: [`*.${DOMAIN}`], usage: 'server', days: 30 }),
);
const site = (name: string, routes: number): Site => ({
  routes,
  port: PORT,
  app: { address: '127.0.0.1', port: APP_PORT },
  directory: `${BASE}/${name}-${routes}`,
  certificate: leaf.certificate,
  key: leaf.key.reveal(),
});
const contenders: readonly Contender[] = [
  haproxy(site('haproxy', 1)),
  ...[1, 1000, 10_000].flatMap((routes) => [
    bastide(site('bastide', routes)),
    nginx(site('nginx', routes)),
    caddy(site('caddy', routes)),
  ]),
  caddyMap(site('caddy-map', 10_000)),
];

interface Measured {
  readonly contender: string;
  readonly round: number;
  readonly loaded: Wrk;
  readonly alone: Wrk;
  /** Processor time of the contender for one request, milliseconds. */
  readonly cpu: number;
  readonly mebibytes: number;
}
const label = ({ name, routes }: Contender): string => `${name} ${routes}`;

/** Its output goes nowhere, so that all pay for writing a log and none for keeping it. */
const start = (host: LabHost, argv: readonly string[]): LabProcess =>
  host.spawn(['sh', '-c', 'exec "$@" >/dev/null 2>/run/bench/stderr', 'sh', ...argv]);

async function stop(running: LabProcess): Promise<void> {
  running.kill('SIGTERM');
  await running.exited;
}

/** One at a time runs, so that no other takes processor time from it. */
async function measure(host: LabHost, contender: Contender, round: number): Promise<Measured> {
  const running = start(host, contender.argv);
  try {
    await host.waitListening(contender.port).catch((error: Error) => {
      throw new Error(`${label(contender)}: ${error.message}; ${host.readFile('/run/bench/stderr')}`);
    });
    const url = `https://${hostName(Math.ceil(contender.routes * 0.777))}:${contender.port}/`;
    await wrk(host, url, 8, 1);
    const alone = await wrk(host, url, 1, Math.max(1, Math.round(seconds / 2)));
    const pid = running.pid ?? 0;
    const before = cpuOfTree(pid);
    const loaded = await wrk(host, url, connections, seconds);
    const cpu = (cpuOfTree(pid) - before) / loaded.requests;
    const memory = mebibytes(memoryOfTree(pid));
    return { contender: label(contender), round, loaded, alone, cpu, mebibytes: memory };
  } finally {
    await stop(running);
  }
}

async function prepare(host: LabHost): Promise<void> {
  const names = [1, 777, 7770].map((route) => `127.0.0.1 ${hostName(route)}\n`).join('');
  host.writeFile('/etc/hosts', `127.0.0.1 localhost\n${names}`);
  host.writeFile(`${BASE}/app.conf`, appConfig(BASE, APP_PORT));
  for (const { files } of contenders) for (const [file, text] of files) host.writeFile(file, text);
  await host.must(['chown', '-R', `${EDGE_UID}:${EDGE_UID}`, BASE]);
  start(host, ['nginx', '-e', '/dev/null', '-p', BASE, '-c', `${BASE}/app.conf`]);
  await host.waitListening(APP_PORT);
}

await using lab = await createLab({ hosts: ['n1'], uplink: false });
const host = lab.host('n1');
await prepare(host);

const all: Measured[] = [];
const direct: Measured[] = [];
for (let round = 0; round < rounds; round += 1) {
  const url = `http://${hostName(1)}:${APP_PORT}/`;
  const alone = await wrk(host, url, 1, 1);
  const loaded = await wrk(host, url, connections, seconds);
  direct.push({ contender: 'direct', round, alone, loaded, cpu: 0, mebibytes: 0 });
  // Another one is first in each round.
  const order = contenders.map((_, i) => contenders[(i + round * 3) % contenders.length]!);
  for (const contender of order) {
    const measured = await measure(host, contender, round);
    all.push(measured);
    console.log(
      `round ${round + 1}/${rounds} ${measured.contender}: ${measured.loaded.requestsPerSecond} rps`,
    );
  }
}

const of = (name: string): Measured[] => all.filter(({ contender }) => contender === name);
const bare = of(label(contenders[0]!));
/** The middle of the ratios within each round: what else the machine did then, it did to both. */
const ratio = (name: string, value: (one: Measured) => number): number =>
  median(of(name).map((one) => value(one) / value(bare.find(({ round }) => round === one.round)!)));

const middle = (found: readonly Measured[], value: (one: Measured) => number): number =>
  median(found.map(value));
const rps = (one: Measured): number => one.loaded.requestsPerSecond;
const cpu = (one: Measured): number => one.cpu * 1000;
const row = (name: string, routes: string | number, found: readonly Measured[]) => [
  name,
  routes,
  Math.round(middle(found, rps)),
  name === APP ? '–' : ratio(`${name} ${routes}`, rps),
  name === APP ? '–' : middle(found, cpu),
  name === APP ? '–' : ratio(`${name} ${routes}`, cpu),
  middle(found, (one) => one.loaded.p50),
  middle(found, (one) => one.loaded.p99),
  middle(found, (one) => one.alone.p50),
  middle(found, (one) => one.alone.p99),
  found.reduce((sum, one) => sum + one.loaded.errors + one.alone.errors, 0),
  name === APP ? '–' : Math.round(middle(found, (one) => one.mebibytes)),
];

bench.save({
  notes: [
    `Medians of ${rounds} rounds; in each round every contender is started, warmed up, measured and stopped, in an order that changes. Ratios are medians of the ratios within a round.`,
    `wrk with one thread on the same machine over loopback, keep-alive, TLS 1.3, HTTP/1.1, a hundred bytes: ${connections} connections for ${seconds} s, then the latency of one connection alone.`,
    'Bastide: the files that the agent renders, every rule in force, without root; the numbers of the rate limits are set so high that one client does not meet them. Up to 1,000 apps with a replica each, asked for their health every second; 10,000 routes are 1,000 apps with ten names each. Not in its container here, so without the cost of its seccomp profile.',
    'HAProxy, bare: TLS lines copied from the edge, nothing but passing on: no log, no headers, no limits, no checks.',
    'nginx and Caddy: the same TLS, the same security headers, an access log in JSON; nginx also with request and connection limits. Neither asks for health, counts per project, caps undeclared bodies or writes request ids into answers: they do less.',
    'CPU is the processor time of all processes of a contender during the run with many connections, divided by the answers; other work on the machine moves it far less than requests per second.',
    'Memory is the proportional set size of all processes of a contender after the run.',
  ],
  tables: [
    {
      title: `Requests over ${connections} keep-alive connections, and latency in milliseconds`,
      columns: [
        'contender',
        'routes',
        'requests/s',
        'x bare HAProxy',
        'CPU µs/request',
        'x bare HAProxy',
        `p50, ${connections} conn.`,
        `p99, ${connections} conn.`,
        'p50, 1 conn.',
        'p99, 1 conn.',
        'errors',
        'memory MiB',
      ],
      rows: [row(APP, '–', direct), ...contenders.map((one) => row(one.name, one.routes, of(label(one))))],
    },
  ],
  raw: [...direct, ...all],
});
