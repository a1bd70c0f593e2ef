import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentsServer } from '../../api/agents.ts';
import { Sessions } from '../../api/sessions.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { connectTo, makeRelay } from './relay.ts';

let directory: string;
let server: { close(): unknown };
const me = process.getuid!();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-relay-'));
});
afterEach(async () => {
  server?.close();
  await rm(directory, { recursive: true, force: true });
});

async function listening(name: string): Promise<{ path: string; connections: () => number }> {
  let count = 0;
  const plain: Server = createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined).resume();
  });
  const path = join(directory, name);
  plain.listen(path);
  await once(plain, 'listening');
  server = plain;
  return { path, connections: () => count };
}

test('a link to another socket is not followed, and a socket of somebody else is not used', async () => {
  const { path, connections } = await listening('engine.sock');
  await symlink(path, join(directory, 'sessions.sock'));
  expect(await connectTo(join(directory, 'sessions.sock'), me)).toMatchObject({
    code: 'session_unreachable',
  });
  expect(await connectTo(path, me + 1)).toMatchObject({ code: 'session_unreachable' });
  expect(await connectTo(join(directory, 'nothing'), me)).toMatchObject({ code: 'session_unreachable' });
  expect(connections()).toBe(0);
  const own = must(await connectTo(path, me));
  await expect.poll(connections).toBe(1);
  own.destroy();
});

async function api(): Promise<{ sessions: Sessions; path: string }> {
  const sessions = new Sessions();
  const agents = agentsServer(sessions);
  const path = join(directory, 'sessions.sock');
  agents.listen(path);
  await once(agents, 'listening');
  server = agents;
  return { sessions, path };
}

test('nobody comes: the line says so; an id that is none, and a second agent, are sent away', async () => {
  const { path } = await api();
  const relay = makeRelay(path, me);
  const id = newId();
  const line = must(await relay.dial(id));
  expect(await line.joined(10)).toMatchObject({ code: 'session_unattended' });
  expect(isRefusal(await relay.dial(id))).toBe(true);
  expect(isRefusal(await relay.dial('../engine'))).toBe(true);
  line.close();
});
