import { connect as connectH2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import {
  type App,
  backend,
  config,
  raw,
  server,
  startApp,
  startTestbed,
  type Testbed,
  until,
} from './testbed.ts';

/** Small ones, so that a test reaches them. */
const LIMITS = { clientConnections: 8, clientConcurrent: 4, clientRequests: 60 } as const;
const host = 'app1.localhost';
let bed: Testbed;
let app: App;

beforeAll(async () => {
  bed = await startTestbed(LIMITS);
  app = await startApp('one');
  const wanted = config([backend(1, [server('a', app.port)])], {
    certificates: [await bed.certificate(host)],
  });
  must(await bed.edge.apply(wanted));
  await until(
    async () => must(await bed.edge.health()).find((s) => s.name === 'a'),
    (s) => s?.up === true,
  );
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  app.server.close().closeAllConnections();
});

const secure = () =>
  connectTls({
    host: '127.0.0.1',
    port: bed.https,
    servername: host,
    ca: bed.root,
    ALPNProtocols: ['http/1.1'],
  });

/** What a connection that says this and then waits is told until the other side ends it. */
const told = (say: string): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const socket = secure().setEncoding('latin1');
    socket.once('secureConnect', () => socket.write(say));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
  });

// All wait at the same time: what they share is the patience of the edge.
describe('clients that take their time are cut', () => {
  it.concurrent('one that connects and says nothing', async () => {
    expect(await raw(bed.https, '')).toBe('');
  });
  it.concurrent('one that does so on port 80', async () => {
    expect(await raw(bed.http, '')).toMatch(/^(HTTP\/1\.1 408|$)/);
  });
  it.concurrent('one that only opens TLS', async () => {
    expect(await told('')).toMatch(/^(HTTP\/1\.1 408|$)/);
  });
  it.concurrent('one whose headers never end', async () => {
    const trickle = new Promise<string>((resolve) => {
      let text = '';
      const socket = secure().setEncoding('latin1');
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `);
      const timer = setInterval(() => socket.write('a'), 1000);
      socket.on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        clearInterval(timer);
        resolve(text);
      });
    });
    expect(await trickle).toMatch(/^HTTP\/1\.1 408/);
  });
  it.concurrent('one that speaks half of HTTP/2', async () => {
    const cut = await new Promise<boolean>((resolve) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: bed.https,
        servername: host,
        ca: bed.root,
        ALPNProtocols: ['h2'],
      });
      socket.once('secureConnect', () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
      socket.on('error', () => {}).resume();
      socket.once('close', () => resolve(true));
    });
    expect(cut).toBe(true);
  });
});

describe('one client', () => {
  it('has so many connections and no more, and gets new ones when it lets go', async () => {
    const sockets = Array.from({ length: 20 }, () =>
      connectTcp(bed.https, '127.0.0.1')
        .on('error', () => {})
        .resume(),
    );
    const open = await until(
      () => sockets.filter((socket) => !socket.closed).length,
      (count) => count <= LIMITS.clientConnections,
    );
    expect(open).toBe(LIMITS.clientConnections);
    for (const socket of sockets) socket.destroy();
    const answer = await until(
      () => bed.get(host).catch(() => undefined),
      (got) => got !== undefined,
    );
    expect(answer?.status).toBe(200);
  });

  it('has so many requests under way and no more, however many streams its connection has', async () => {
    const waiting: (() => void)[] = [];
    app.answer = (response) => waiting.push(() => response.end('late'));
    const session = connectH2(`https://${host}:${bed.https}`, {
      ca: bed.root,
      lookup: (_h, _o, cb) => cb(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const statuses: number[] = [];
    const streams = Array.from({ length: 10 }, () => {
      const stream = session.request({ ':path': '/slow' });
      stream.on('response', (headers) => statuses.push(headers[':status'] ?? 0));
      return new Promise((resolve) => stream.resume().on('error', resolve).once('close', resolve));
    });
    await until(
      () => statuses.length + waiting.length,
      (count) => count === 10,
    );
    expect(waiting).toHaveLength(LIMITS.clientConcurrent);
    expect(statuses).toEqual(Array.from({ length: 6 }, () => 429));
    delete app.answer;
    for (const answer of waiting) answer();
    await Promise.all(streams);
    session.close();
    expect((await bed.get(host)).status).toBe(200);
  });

  it('has so many requests in ten seconds, then 429 with Retry-After, also for what is refused anyhow', async () => {
    const answers = [];
    for (let i = 0; i <= LIMITS.clientRequests; i++) answers.push(await bed.get(host, i % 2 ? '/' : '/.env'));
    const last = answers.at(-1)!;
    expect(last).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
    expect(answers[0]?.status).toBe(404);
  });
});
