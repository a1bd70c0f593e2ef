// A program: open-loop load on one host name. It sends at fixed rates whatever comes back, so that an answer that is late
// makes no request less. Reads phase names from stdin, one a line; at the end of stdin it prints its `Tally` as JSON.
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { add, emptyTally, type Kind, LoadSpec, late, type Tally } from './tally.ts';

const spec = LoadSpec.parse(JSON.parse(process.argv[2] ?? ''));
const tallies = new Map<string, Tally>();
let phase = 'start';

/** Clients are several addresses, so that none of them is more than the limit of one client allows. */
const agents = new Map(
  spec.from.flatMap((localAddress) =>
    spec.kinds.map(
      ({ name, keepAlive }) =>
        [
          `${name} ${localAddress}`,
          new Agent({ keepAlive, maxSockets: 50, ca: spec.ca, localAddress }),
        ] as const,
    ),
  ),
);
function tallyOf(name: string): Tally {
  const tally = tallies.get(name) ?? emptyTally();
  tallies.set(name, tally);
  return tally;
}

/** Milliseconds between two looks at what is due. */
const EVERY = 10;
let turn = 0;
let open = 0;

function one(kind: Kind): void {
  const started = performance.now();
  const localAddress = spec.from[turn++ % spec.from.length]!;
  const tally = tallyOf(phase);
  open += 1;
  let settled = false;
  const settle = (why: string | undefined): void => {
    if (settled) return;
    settled = true;
    open -= 1;
    add(tally, kind.name, performance.now() - started, why);
  };
  const body = kind.method === 'POST' ? 'hello' : undefined;
  const asking = request({
    host: spec.address,
    servername: spec.host,
    path: kind.path,
    method: kind.method,
    agent: agents.get(`${kind.name} ${localAddress}`)!,
    headers: { host: spec.host, ...(body ? { 'content-length': body.length } : {}) },
    timeout: spec.timeoutMs,
  });
  asking.once('timeout', () => asking.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })));
  asking.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  asking.once('response', (response) => {
    response.on('error', (error: NodeJS.ErrnoException) => settle(`body ${error.code ?? error.message}`));
    response
      .resume()
      .once('end', () => settle(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`));
  });
  asking.end(body);
}

const began = performance.now();
const timers = spec.kinds.map((kind) => {
  let sent = 0;
  let looked = performance.now();
  return setInterval(() => {
    const now = performance.now();
    late(tallyOf(phase), now - looked - EVERY);
    looked = now;
    const due = ((now - began) / 1000) * kind.perSecond;
    for (; sent < due; sent += 1) one(kind);
  }, EVERY);
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    phase = line;
  })
  .once('close', async () => {
    for (const timer of timers) clearInterval(timer);
    while (open > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    // Only when it is all written: what is in a pipe's buffer would be lost.
    process.stdout.write(`${JSON.stringify(Object.fromEntries(tallies))}\n`, () => process.exit(0));
  });
