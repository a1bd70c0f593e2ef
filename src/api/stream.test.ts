import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { makeRelay } from '../adapters/relay/relay.ts';
import { newId } from '../kernel/id.ts';
import { must } from '../kernel/refusal.ts';
import { MAX_MESSAGE, pack } from '../kernel/terminal.ts';
import { agentsServer } from './agents.ts';
import { checkRows } from './check.ts';
import { streamRoute } from './route.ts';
import { watchHalfOpen } from './sessions.ts';
import { foreignOrigin } from './stream.ts';
import { type TestApi, testApi } from './testing.ts';

let api: TestApi;
let agents: Server;
let mine: Awaited<ReturnType<TestApi['world']>>;
let socket: string;
let agentsSocket: string;
let developer: string;

beforeAll(async () => {
  api = await testApi();
  socket = join(api.uploads, 'api.sock');
  agentsSocket = join(api.uploads, 'sessions.sock');
  await api.server.listen({ path: socket });
  agents = agentsServer(api.sessions);
  agents.listen(agentsSocket);
  await once(agents, 'listening');
  mine = await api.world('mine');
  developer = await api.account('developer', mine.organizationId);
});
afterAll(async () => {
  agents?.close();
  await api?.close();
});

const relay = () => makeRelay(agentsSocket, process.getuid!());

/** A session that the token's account opened. */
async function opened(token: string, kind = 'apps.session'): Promise<string> {
  const me = await api.server.inject({
    method: 'GET',
    url: '/v1/account',
    headers: { authorization: `Bearer ${token}` },
  });
  const id = newId();
  await api.t.db
    .insertInto('operations')
    .values({
      id,
      organization_id: mine.organizationId,
      project_id: mine.projectId,
      app_id: mine.appId,
      kind,
      target: id,
      requested_by: (me.json() as { name: string }).name,
      status: 'running',
    })
    .execute();
  return id;
}

interface Tried {
  readonly status: number;
  readonly code?: string | undefined;
}

/** Connects as a client would; what came in its place where it may not. */
function connect(path: string, headers: Record<string, string>): Promise<{ readonly ws: WebSocket } | Tried> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws+unix:${socket}:${path}`, {
      headers: { host: 'api.example.test', ...headers },
    });
    ws.once('open', () => resolve({ ws }));
    ws.once('unexpected-response', async (_request, answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      const body = JSON.parse(text) as { error?: { code: string } };
      resolve({ status: answer.statusCode ?? 0, code: body.error?.code });
    });
    ws.once('error', reject);
  });
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const at = (id: string) => `/v1/operations/${id}/terminal`;

async function joined(id: string, token: string): Promise<WebSocket> {
  const made = await connect(at(id), bearer(token));
  if (!('ws' in made)) throw new Error(`${made.status} ${made.code}`);
  return made.ws;
}

const texts = (ws: WebSocket): string[] => {
  const all: string[] = [];
  ws.on('message', (data: RawData, binary) => all.push(`${binary ? 'b' : 't'}:${data.toString()}`));
  return all;
};

describe('who gets in', () => {
  test('nobody without a token, with a wrong one, or with one in the address or as a protocol', async () => {
    const id = await opened(developer);
    for (const [path, headers] of [
      [at(id), {}],
      [at(id), bearer(`bst_${'x'.repeat(43)}`)],
      [`${at(id)}?token=${developer}`, {}],
      [at(id), { cookie: `token=${developer}` }],
      [at(id), { 'sec-websocket-protocol': developer }],
    ] as const)
      expect(await connect(path, headers)).toEqual({ status: 401, code: 'not_signed_in' });
  });

  test('a viewer may not, another member may not, a stranger sees nothing', async () => {
    const id = await opened(developer);
    const viewer = await api.account('viewer', mine.organizationId);
    expect(await connect(at(id), bearer(viewer))).toEqual({ status: 403, code: 'access_denied' });
    const other = await api.account('owner', mine.organizationId);
    expect(await connect(at(id), bearer(other))).toEqual({ status: 403, code: 'operation_not_yours' });
    const theirs = await api.world('theirs');
    const stranger = await api.account('owner', theirs.organizationId);
    expect(await connect(at(id), bearer(stranger))).toEqual({ status: 404, code: 'operation_not_found' });
  });

  test('a page of another site is refused, token or not; our own is not', async () => {
    const id = await opened(developer);
    const evil = { ...bearer(developer), origin: 'https://evil.example' };
    expect(await connect(at(id), evil)).toEqual({ status: 403, code: 'origin_refused' });
    for (const origin of ['http://api.example.test', 'https://api.example.test.evil.example', 'null', ''])
      expect(foreignOrigin(origin, 'api.example.test'), origin).toBe(true);
    expect(foreignOrigin('https://api.example.test', 'api.example.test')).toBe(false);
    expect(foreignOrigin(undefined, 'api.example.test')).toBe(false);
  });

  test('what is no session, has ended, or is a replay by another door, is refused', async () => {
    expect(await connect(at(await opened(developer, 'apps.deploy')), bearer(developer))).toMatchObject({
      code: 'terminal_not_found',
    });
    expect(await connect(at(await opened(developer, 'terminals.replay')), bearer(developer))).toMatchObject({
      code: 'terminal_not_found',
    });
    const id = await opened(developer);
    await api.t.db.updateTable('operations').set({ status: 'failed' }).where('id', '=', id).execute();
    expect(await connect(at(id), bearer(developer))).toEqual({ status: 409, code: 'operation_ended' });
  });

  test('an ordinary request for it is told to upgrade, and an upgrade of anything else is none', async () => {
    const id = await opened(developer);
    const plain = await api.server.inject({ method: 'GET', url: at(id), headers: bearer(developer) });
    expect(plain.statusCode).toBe(426);
    expect(await connect('/v1/nothing', bearer(developer))).toEqual({ status: 404, code: 'route_not_found' });
  });

  test('a stream without a permission does not start', () => {
    const row = streamRoute({
      path: '/v1/open',
      operationId: 'open',
      permission: undefined as never,
      summary: 'x',
      join: async () => ({ operationId: newId() }),
    });
    expect(() => checkRows([row], new Set())).toThrow('/v1/open has no permission');
  });
});

describe('what passes', () => {
  test('both ways, as it is; one person and one agent; the end of one is the end of the other', async () => {
    const id = await opened(developer);
    const ws = await joined(id, developer);
    const seen = texts(ws);
    expect(await connect(at(id), bearer(developer))).toEqual({ status: 409, code: 'session_joined' });
    const line = must(await relay().dial(id));
    must(await line.joined(5000));
    await line.tell({ type: 'started', recorded: false });
    ws.send(pack('stdin', Buffer.from('ls')));
    ws.send(JSON.stringify({ type: 'resize', columns: 90, rows: 20 }));
    const input = line.input[Symbol.asyncIterator]();
    expect((await input.next()).value).toEqual({ type: 'data', data: Buffer.from('ls') });
    expect((await input.next()).value).toEqual({ type: 'resize', columns: 90, rows: 20 });
    await line.send('stdout', Buffer.from('out'));
    const closed = once(ws, 'close');
    line.close();
    await closed;
    expect(seen).toEqual(['t:{"type":"started","recorded":false}', 'b:\u0001out']);
  });

  test('a person who leaves is gone for the agent; one who speaks another language, or too long, too', async () => {
    const leave = (ws: WebSocket) => ws.close();
    const oversize = (ws: WebSocket) => ws.send(Buffer.alloc(MAX_MESSAGE + 1));
    const foreign = (ws: WebSocket) => ws.send('{"type":"exec","argv":["id"]}');
    const channel = (ws: WebSocket) => ws.send(pack('stdout', Buffer.from('forged')));
    for (const end of [leave, oversize, foreign, channel]) {
      const id = await opened(developer);
      const line = must(await relay().dial(id));
      const ws = await joined(id, developer);
      ws.on('error', () => undefined);
      must(await line.joined(5000));
      const gone = once(line.gone, 'abort');
      const closed = once(ws, 'close');
      end(ws);
      await Promise.all([gone, closed]);
      const { done } = await line.input[Symbol.asyncIterator]().next();
      expect(done, end.name).toBe(true);
    }
  });

  test('a slow reader makes the other side wait, and nothing is lost', async () => {
    const id = await opened(developer);
    const line = must(await relay().dial(id));
    const ws = await joined(id, developer);
    must(await line.joined(5000));
    ws.pause();
    let sent = 0;
    const total = 400;
    const sending = (async () => {
      for (; sent < total; sent += 1) await line.send('stdout', Buffer.alloc(32 * 1024, 65));
    })();
    let got = 0;
    const all = new Promise<void>((resolve) => {
      ws.on('message', (data: Buffer) => {
        got += data.length - 1;
        if (got === total * 32 * 1024) resolve();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toBeLessThan(total);
    ws.resume();
    await Promise.all([sending, all]);
    line.close();
  });
});

test('a token that is revoked ends what it opened', async () => {
  const token = await api.account('developer', mine.organizationId);
  const id = await opened(token);
  const line = must(await relay().dial(id));
  const ws = await joined(id, token);
  const seen = texts(ws);
  must(await line.joined(5000));
  const gone = once(line.gone, 'abort');
  await api.t.db.updateTable('api_tokens').set({ revoked_at: new Date() }).execute();
  await gone;
  expect(seen.at(-1)).toContain('session_revoked');
}, 30_000);

test('a side that is gone without a word is ended', async () => {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  http.listen(join(api.uploads, 'half.sock'));
  await once(http, 'listening');
  const silent = new WebSocket(`ws+unix:${join(api.uploads, 'half.sock')}:/`, { autoPong: false });
  const [ws] = (await once(sockets, 'connection')) as [WebSocket];
  watchHalfOpen(ws, 30);
  await once(ws, 'close');
  silent.terminate();
  http.close();
});
