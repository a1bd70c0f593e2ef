/**
 * Open-loop load on one site: each kind starts requests at its own pace, whatever the site does, and every answer that
 * is not as wanted is counted with its reason. Runs inside a host of the lab until its standard input ends, then prints
 * the result.
 *
 *   node load.ts '{"host":"shop.apps.test","ca":"/run/lab/platform-ca.pem","kinds":{"get":20}}'
 */
import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadKind, LoadPlan, LoadResult } from './load-model.ts';

const plan = JSON.parse(process.argv[2]!) as LoadPlan;
const ca = readFileSync(plan.ca, 'utf8');
const kept = new Agent({ keepAlive: true, maxSockets: 64, ca });
const stop = new AbortController();
const underWay = new Set<Promise<void>>();
const result: LoadResult = { sent: 0, answered: 0, failed: 0, kinds: {}, failures: [] };

interface Shape {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly keep: boolean;
  /** Pieces of the body and the pause between them. */
  readonly body?: readonly string[];
  readonly pauseMs?: number;
}

const path = plan.path ?? '/';
const SHAPES: Record<LoadKind, Shape> = {
  get: { method: 'GET', path, keep: true },
  getNew: { method: 'GET', path, keep: false },
  post: { method: 'POST', path: '/echo', keep: true, body: ['{"n":', '1}'] },
  slowGet: { method: 'GET', path: '/slow?ms=1500', keep: true },
  slowPost: {
    method: 'POST',
    path: '/echo',
    keep: false,
    body: ['{"a":1', ',"b":2', ',"c":3', '}'],
    pauseMs: 500,
  },
};

/** One request to its end; undefined when all was well, else why not. */
function ask(shape: Shape): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options: RequestOptions = {
      host: plan.host,
      method: shape.method,
      path: shape.path,
      timeout: 30_000,
      ...(shape.keep ? { agent: kept } : { agent: false, ca }),
      headers: shape.body ? { 'content-type': 'application/json' } : {},
    };
    const outgoing = request(options, (answer) => {
      answer.resume();
      answer.once('error', (error) => resolve(`cut short: ${error.message}`));
      answer.once('end', () => {
        if (!answer.complete) resolve('cut short');
        else resolve(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`);
      });
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in 30 s')));
    outgoing.once('error', (error: Error & { code?: string }) =>
      resolve(`${error.code ?? error.message}${outgoing.reusedSocket ? ' on a kept connection' : ''}`),
    );
    void send(outgoing, shape);
  });
}

async function send(outgoing: ReturnType<typeof request>, shape: Shape): Promise<void> {
  for (const piece of shape.body ?? []) {
    outgoing.write(piece);
    if (shape.pauseMs) await sleep(shape.pauseMs);
  }
  outgoing.end();
}

async function one(kind: LoadKind): Promise<void> {
  const at = new Date().toISOString();
  result.sent += 1;
  const count = result.kinds[kind] ?? { sent: 0, failed: 0 };
  result.kinds[kind] = count;
  count.sent += 1;
  const why = await ask(SHAPES[kind]);
  if (why === undefined) result.answered += 1;
  else {
    result.failed += 1;
    count.failed += 1;
    if (result.failures.length < 50) result.failures.push(`${at} ${kind}: ${why}`);
  }
}

async function pace(kind: LoadKind, perSecond: number): Promise<void> {
  const started = performance.now();
  for (let n = 1; !stop.signal.aborted; n += 1) {
    const asking = one(kind).finally(() => underWay.delete(asking));
    underWay.add(asking);
    await sleep(Math.max(0, started + (n * 1000) / perSecond - performance.now()));
  }
}

process.stdin.resume().once('end', () => stop.abort());
await Promise.all(Object.entries(plan.kinds).map(([kind, perSecond]) => pace(kind as LoadKind, perSecond)));
await Promise.all(underWay);
console.log(JSON.stringify(result));
process.exit(0);
