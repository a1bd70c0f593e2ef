import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp, type Server, type ServerResponse } from 'node:http';
import { request as requestTls } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { runner } from '../exec/run.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import { makeEdge } from './apply.ts';
import { checkCommand, edgeArgv } from './commands.ts';
import type { Edge, EdgeBackend, EdgeCertificate, EdgeConfig, EdgeServer } from './port.ts';
import { DEFAULT_LIMITS, type EdgeLimits, type EdgeSettings } from './settings.ts';
import { ask } from './socket.ts';

/** Debian's HAProxy on high loopback ports, with real certificates; for tests. */
export interface Testbed extends AsyncDisposable {
  readonly edge: Edge;
  readonly settings: EdgeSettings;
  readonly http: number;
  readonly https: number;
  readonly root: string;
  readonly log: string[];
  certificate(host: string, ...more: string[]): Promise<EdgeCertificate>;
  get(host: string, path?: string, options?: Ask): Promise<Answer>;
  /** The whole answer to raw bytes, over TLS. */
  masterPid(): Promise<number>;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly sni?: string;
  /** Of the edge; 127.0.0.1 unless told. */
  readonly to?: string;
  readonly from?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface App {
  readonly server: Server;
  readonly port: number;
  health: number;
  seen: number;
  answer?: (response: ServerResponse) => void;
}

/** A small real web app: answers its name, the length of the body and the request's headers. */
export async function startApp(name: string, listen: number | string = 0): Promise<App> {
  const server = createHttp((request, response) => {
    if (request.url === '/up') {
      response.statusCode = app.health;
      return response.end();
    }
    app.seen += 1;
    // Has heard enough.
    if (request.url === '/early') {
      response.statusCode = 401;
      return response.end('who are you?');
    }
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('error', () => {});
    request.on('end', () => {
      if (app.answer) return app.answer(response);
      response.end(JSON.stringify({ name, url: request.url, bytes, headers: request.headers }));
    });
  });
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  if (typeof listen === 'string') server.listen(listen);
  else server.listen(listen, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const at = server.address();
  const app: App = { server, port: typeof at === 'object' && at ? at.port : 0, health: 200, seen: 0 };
  return app;
}

export const server = (name: string, port: number, state: EdgeServer['state'] = 'ready'): EdgeServer => ({
  name,
  target: { address: '127.0.0.1', port },
  state,
  healthPath: '/up',
});

export const backend = (
  slot: number,
  servers: readonly EdgeServer[],
  more: Partial<EdgeBackend> = {},
): EdgeBackend => ({
  slot,
  app: `app${slot}`,
  project: `project${slot}`,
  host: `app${slot}.localhost`,
  servers,
  leaving: [],
  maintenance: false,
  limits: { projectRequests: 100_000, bodyBytes: 1_000_000 },
  ...more,
});

export const config = (backends: readonly EdgeBackend[], more: Partial<EdgeConfig> = {}): EdgeConfig => ({
  backends,
  routes: backends.map(({ host, slot }) => ({ host, slot })),
  certificates: [],
  challenges: [],
  slots: 8,
  ...more,
});

export async function startTestbed(
  limits: Partial<EdgeLimits> = {},
  /** Another loopback address, which is the one inside, and its network. */
  inside?: { readonly address: string; readonly subnet: string },
): Promise<Testbed> {
  const directory = await mkdtemp(join(tmpdir(), 'bastide-edge-'));
  const [http, https] = [await freePort(), await freePort()];
  const settings: EdgeSettings = {
    files: join(directory, 'files'),
    sockets: { admin: join(directory, 'admin.sock'), master: join(directory, 'master.sock') },
    bind: {
      http: [`127.0.0.1:${http}`],
      https: ['127.0.0.1', ...(inside ? [inside.address] : [])].map((address) => `${address}:${https}`),
    },
    ...(inside ? { inside: { ...inside, socket: join(directory, 'inside.sock') } } : {}),
    log: 'stdout',
    gid: 0,
    limits: {
      ...DEFAULT_LIMITS,
      connections: 2000,
      clientRequests: 100_000,
      clientConnectionRate: 100_000,
      hardStop: 5,
      ...limits,
    },
  };
  const pki = makeMemoryPki();
  const root = must(await pki.root()).certificate;
  const edge = makeEdge({ settings, check: (file) => runner.run(checkCommand(file)) });
  must(await edge.prepare(config([])));
  const log: string[] = [];
  const ended = runner.run({ argv: edgeArgv(settings) }, (line) => log.push(line));
  for (let i = 0; i < 100; i++) {
    if (typeof (await ask(settings.sockets.admin, 'show info')) === 'string') break;
    await sleep(50);
  }
  const masterPid = async () =>
    Number(must(await ask(settings.sockets.master, 'show proc')).match(/^(\d+)\s+master/m)?.[1]);

  return {
    edge,
    settings,
    http,
    https,
    root,
    log,
    masterPid,
    async certificate(host, ...more) {
      const leaf = must(
        await pki.issue({
          commonName: host.replace('*', 'any'),
          hosts: [host, ...more],
          usage: 'server',
          days: 30,
        }),
      );
      return { name: host, hosts: [host, ...more], pem: leaf.certificate + leaf.key.reveal() };
    },
    get: (host, path = '/', options = {}) =>
      new Promise((resolve, reject) => {
        const request = requestTls(
          {
            host: options.to ?? '127.0.0.1',
            ...(options.from ? { localAddress: options.from } : {}),
            port: https,
            path,
            method: options.method ?? 'GET',
            servername: options.sni ?? host,
            ca: root,
            headers: { Host: host, ...options.headers },
            agent: false,
          },
          (response) => {
            let body = '';
            response.setEncoding('utf8').on('data', (text: string) => {
              body += text;
            });
            response.on('end', () =>
              resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
            );
          },
        );
        request.on('error', reject);
        if (options.body === undefined || typeof options.body === 'string') request.end(options.body);
        else void feed(request, options.body);
      }),
    async [Symbol.asyncDispose]() {
      process.kill(await masterPid(), 'SIGTERM');
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}

async function feed(to: NodeJS.WritableStream, from: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of from) if (!to.write(chunk)) await sleep(5);
  to.end();
}

/** Sends bytes over plain TCP and answers all that comes back until the other side closes. */
export const raw = (port: number, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });

/** Asks until the answer is as wanted; the last answer after ten seconds. */
export async function until<T>(question: () => Promise<T> | T, good: (answer: T) => boolean): Promise<T> {
  for (let i = 0; ; i++) {
    const answer = await question();
    if (good(answer) || i === 200) return answer;
    await sleep(50);
  }
}
