import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Enrolment, type JournalEntry } from '../adapters/vault/port.ts';
import { enrol, whoIs } from './accounts.ts';
import { add } from './add.ts';
import { type Ask, judge, roomFor, statusOf } from './decide.ts';
import type { Journal } from './journal.ts';
import type { Rooms } from './room.ts';
import type { VaultSettings } from './settings.ts';
import { statusFor } from './status.ts';
import { answered, type Store } from './store.ts';

export interface GateDeps {
  readonly settings: VaultSettings;
  /** Leaf and root, PEM: a platform that knows the root's fingerprint only finds it there. */
  readonly chain: string;
  readonly key: string;
  readonly journal: Journal;
  readonly rooms: Rooms;
  readonly store: Store;
  readonly now: () => number;
}

/**
 * The vault's only door. It lets a platform read and add, takes an object only under the hash of its content, and
 * notes everything else. It holds no key of any repository and has no way to the files: behind it is a store that
 * refuses to delete and to overwrite by itself.
 */
export function makeGate(deps: GateDeps): Server {
  const server = createServer(
    {
      cert: deps.chain,
      key: deps.key,
      minVersion: 'TLSv1.3',
      headersTimeout: 15_000,
      requestTimeout: 3_600_000,
      keepAliveTimeout: 60_000,
      maxHeaderSize: 8192,
    },
    (request, response) => {
      handle(deps, request, response).catch((error: unknown) => {
        if (!response.headersSent) answer(response, 502, error instanceof Error ? error.message : 'error');
        else response.destroy();
      });
    },
  );
  server.maxConnections = 256;
  server.timeout = 600_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A connection that broke is nobody's attempt.
    if (!error.code?.startsWith('HPE_')) return void socket.destroy();
    const address = 'remoteAddress' in socket ? String(socket.remoteAddress) : null;
    deps.journal.note({ kind: 'garbage', user: null, address, method: '', path: '' });
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });
  return server;
}

function answer(response: ServerResponse, status: number, body: unknown = ''): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  // What is left of an upload is not waited for.
  const close = status >= 400 ? { connection: 'close' } : {};
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    'content-length': Buffer.byteLength(text),
    ...close,
  });
  response.end(text);
}

async function handle(deps: GateDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '' } = request;
  const address = request.socket.remoteAddress ?? null;
  const refuse = (kind: JournalEntry['kind'], user: string | null): void => {
    deps.journal.note({ kind, user, address, method, path: url });
    if (kind === 'credential') response.setHeader('www-authenticate', 'Basic realm="vault"');
    answer(response, statusOf(kind), `refused: ${kind}`);
  };
  if (url === '/v1/enrol' && method === 'POST') return enrolment(deps, request, response, refuse);
  const user = await whoIs(deps.settings.state, request.headers.authorization);
  if (user === undefined) return refuse('credential', null);
  if (method === 'GET' && url === '/v1/status') return answer(response, 200, await statusFor(user, deps));
  const page = method === 'GET' && /^\/v1\/journal\?after=(\d{1,15})$/.exec(url);
  if (page) return answer(response, 200, await deps.journal.after(Number(page[1]), user));
  const ask = judge(method, url);
  if (ask.kind === 'refused') return refuse(ask.why, user);
  if (ask.kind === 'add') return take(deps, request, response, user, ask, refuse);
  return pass(deps, request, response, user, ask);
}

async function enrolment(
  deps: GateDeps,
  request: IncomingMessage,
  response: ServerResponse,
  refuse: (kind: JournalEntry['kind'], user: string | null) => void,
): Promise<void> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part;
    if (text.length > 2000) return refuse('code', null);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return refuse('code', null);
  }
  const of = Enrolment.safeParse(body);
  if (!of.success || !(await enrol(deps.settings.state, of.data, deps.now()))) return refuse('code', null);
  const { user } = of.data;
  const address = request.socket.remoteAddress ?? null;
  deps.journal.note({ kind: 'enrolled', user, address, method: 'POST', path: '/v1/enrol' });
  answer(response, 200, {});
}

type Adding = Extract<Ask, { kind: 'add' }>;

async function take(
  deps: GateDeps,
  request: IncomingMessage,
  response: ServerResponse,
  user: string,
  ask: Adding,
  refuse: (kind: JournalEntry['kind'], user: string) => void,
): Promise<void> {
  const said = request.headers['content-length'];
  const bytes = said === undefined ? undefined : Number(said);
  const why = roomFor(ask.type, bytes, await deps.rooms.of(user));
  if (why || bytes === undefined) return refuse(why ?? 'no_length', user);
  const added = await add(deps.store, request, {
    path: `/${user}/${ask.repo}/${ask.path}`,
    keysDirectory: `/${user}/${ask.repo}/keys/`,
    isKey: ask.type === 'keys',
    name: ask.name,
    bytes,
  });
  if ('refused' in added) return refuse(added.refused, user);
  if (added.added) await deps.rooms.count(user, bytes);
  answer(response, 200);
}

const FORWARDED = ['range', 'if-range'] as const;
const BACK = ['content-type', 'content-length', 'content-range', 'accept-ranges'] as const;

/** Reading, making a repository and taking a lock away go through as they are. */
async function pass(
  deps: GateDeps,
  request: IncomingMessage,
  response: ServerResponse,
  user: string,
  ask: Exclude<Ask, { kind: 'refused' | 'add' }>,
): Promise<void> {
  request.resume();
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const path = ask.kind === 'create' ? '?create=true' : ask.path;
  const asking = deps.store.ask(request.method ?? 'GET', `/${user}/${ask.repo}/${path}`, headers);
  asking.end();
  response.once('close', () => asking.destroy());
  const from = await answered(asking);
  const kept = BACK.flatMap((name) => (from.headers[name] === undefined ? [] : [[name, from.headers[name]]]));
  response.writeHead(from.statusCode ?? 502, Object.fromEntries(kept));
  from.on('error', () => response.destroy());
  from.pipe(response);
}
