import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Table } from '../../bench/lib/result.ts';
import { begin } from '../../bench/lib/result.ts';
import { quantile } from '../../bench/lib/stats.ts';
import { parseWrk, type Wrk } from '../../bench/lib/wrk.ts';
import { DOMAIN, openPlatform, type Platform } from '../stories/lib/platform.ts';
import type { SlowKind, SlowResult } from './lib/slow-model.ts';
import type { VisitorResult } from './lib/visitor-model.ts';

const HERE = import.meta.dirname;
const EXAMPLE = join(HERE, '../../examples/static');
const CA = '/run/lab/platform-ca.pem';
const SECONDS = 20;
const SLOW_SECONDS = 45;
const EACH = 60;
/** Of every neighbour's request of the test; one each 50 ms. */
const PER_SECOND = 20;

let platform: Platform;
let visits: VisitorResult;
let flood: Wrk & { readonly refused: number };
let headers: string;
let slow: SlowResult;

/** A static site with a large file, which can be read slowly. */
async function site(app: string, project: string): Promise<void> {
  await platform.app(app, project);
  const files = Object.fromEntries(
    ['index.html', 'app.json', 'style.css'].map((name) => [name, readFileSync(join(EXAMPLE, name), 'utf8')]),
  );
  const source = platform.source(app, { ...files, 'large.txt': randomBytes(8_000_000).toString('base64') });
  await platform.ok('deploy', source, '--app', app);
}

beforeAll(async () => {
  platform = await openPlatform();
  const { attacker } = platform.lab;
  await site('target', 'flooded');
  await site('neighbour', 'quiet');
  attacker.writeFile(CA, platform.node.certificateAuthority());

  const visitorPlan = { host: `neighbour.${DOMAIN}`, ca: CA, perSecond: PER_SECOND };
  const visitor = platform.desk.spawn([
    process.execPath,
    join(HERE, 'lib/visitor.ts'),
    JSON.stringify(visitorPlan),
  ]);
  const phase = (name: string) => visitor.child.stdin.write(`${name}\n`);
  await sleep(10_000);

  phase('flood');
  const url = `https://target.${DOMAIN}/`;
  const flooding = attacker.exec(['wrk', '-t1', '-c50', `-d${SECONDS}s`, '--latency', url]);
  await sleep((SECONDS * 1000) / 2);
  headers = (await platform.node.curl(url, ['--dump-header', '-', '--output', '/dev/null'])).stdout;
  const said = (await flooding).stdout;
  flood = { ...parseWrk(said), refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(said)?.[1] ?? 0) };

  phase('between');
  // The attacker's window of ten seconds ends.
  await sleep(12_000);
  phase('slow clients');
  const slowPlan = {
    host: `target.${DOMAIN}`,
    address: platform.node.host.address,
    ca: CA,
    each: EACH,
    large: '/large.txt',
  };
  const slowly = attacker.spawn([process.execPath, join(HERE, 'lib/slow.ts'), JSON.stringify(slowPlan)]);
  await sleep(SLOW_SECONDS * 1000);
  slowly.child.stdin.end();
  await slowly.exited;
  slow = JSON.parse(slowly.stdout) as SlowResult;

  phase('after');
  await sleep(10_000);
  visitor.child.stdin.end();
  if ((await visitor.exited) !== 0) throw new Error(visitor.stderr);
  visits = JSON.parse(visitor.stdout) as VisitorResult;
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

test('the attacker is told 429, and when to come again', () => {
  expect(headers).toMatch(/^HTTP\/2 429/);
  expect(headers).toMatch(/^retry-after: \d+\r$/im);
  expect(flood.refused).toBeGreaterThan(0);
  // The limit of one client is a thousand in ten seconds; three windows may begin in twenty seconds.
  expect(flood.requests - flood.refused).toBeLessThanOrEqual(3 * 1000 + 50);
});

test.each(['before', 'flood', 'between', 'slow clients', 'after'])(
  '%s: no request of the neighbour fails',
  (phase) => {
    expect(visits[phase]?.failures).toEqual([]);
    expect(visits[phase]?.ms.length).toBeGreaterThan(PER_SECOND * 5);
  },
);

test('one client gets no more connections than it may', () => {
  const kinds = Object.values(slow.kinds);
  const refused = kinds.reduce((sum, { refused }) => sum + refused, 0);
  expect(kinds).toHaveLength(5);
  expect(refused).toBeGreaterThanOrEqual(5 * EACH - 200 - 10);
});

test.each<[SlowKind, string | undefined]>([
  ['silentTcp', undefined],
  ['silentTls', undefined],
  ['slowHeaders', '408'],
  ['slowBody', '408'],
])('%s is cut', (kind, status) => {
  const count = slow.kinds[kind]!;
  expect(count.cut).toBeGreaterThan(0);
  expect(count.open).toBe(0);
  if (status) expect(Object.keys(count.statuses)).toEqual([status]);
});

test('what was seen is written to bench/results/flood.json, when asked for with BASTIDE_WRITE=1', async () => {
  const round = (value: number) => Number(value.toPrecision(4));
  const neighbour: Table = {
    title: 'The neighbour: 20 requests a second from another address, milliseconds from when each was due',
    columns: ['meanwhile', 'requests', 'failed', 'p50', 'p99', 'longest'],
    rows: Object.entries(visits).map(([phase, { ms, failures }]) => [
      phase,
      ms.length + failures.length,
      failures.length,
      ...[0.5, 0.99, 1].map((share) => round(quantile(ms, share))),
    ]),
  };
  const attackers: Table = {
    title: `The attacker's slow connections, ${EACH} of each kind, ${SLOW_SECONDS} seconds`,
    columns: [
      'kind',
      'connected',
      'refused at once',
      'cut',
      'median seconds until cut',
      'still open',
      'answers',
    ],
    rows: Object.entries(slow.kinds).map(([kind, { opened, refused, cut, open, seconds, statuses }]) => [
      kind,
      opened,
      refused,
      cut,
      seconds.length > 0 ? round(quantile(seconds, 0.5)) : '–',
      open,
      Object.entries(statuses)
        .map(([status, n]) => `${n} × ${status}`)
        .join(', ') || '–',
    ]),
  };
  const fast: Table = {
    title: `The attacker's flood: wrk, 50 connections, ${SECONDS} seconds`,
    columns: ['requests', 'answered by the app', 'answered 429 or cut', 'requests/s'],
    rows: [[flood.requests, flood.requests - flood.refused, flood.refused, round(flood.requestsPerSecond)]],
  };
  const tables = [neighbour, fast, attackers];
  for (const table of tables)
    console.log(table.title, table.columns.join(' | '), ...table.rows.map((row) => `\n${row.join(' | ')}`));
  expect(neighbour.rows).toHaveLength(5);
  if (!process.env.BASTIDE_WRITE) return;
  const bench = await begin('flood', 'A flood and slow clients on one app, and its neighbour', {
    HAProxy: ['haproxy', '-v'],
    wrk: ['wrk', '-v'],
  });
  const { command: _, ...result } = bench.save({
    notes: [
      'Both apps are examples/static, in projects of their own, on one node; attacker, visitor and node share the machine’s cores.',
      'A slow reader that goes on reading is not cut: it holds one of the two hundred connections of its address, and one of the 256 places of a server while the edge still has to read the answer from it. One address alone cannot take them all.',
    ],
    tables,
    raw: { flood, slow, visits },
  });
  const command = 'BASTIDE_WRITE=1 npx vitest run --project lab test/attacks/flood.test.ts';
  writeFileSync(
    join(HERE, '../../bench/results/flood.json'),
    `${JSON.stringify({ ...result, command }, null, 1)}\n`,
  );
});
