import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { runner } from '../../../adapters/exec/run.ts';
import { makeAuthority } from '../../../adapters/openssh/authority.ts';
import { dial, newKey, type Sshd, startSshd } from '../../../adapters/openssh/testbed.ts';
import { newId } from '../../../kernel/id.ts';
import { must } from '../../../kernel/refusal.ts';
import { pack } from '../../../kernel/terminal.ts';

const PROGRAM = join(import.meta.dirname, '../../../main/gateway-ssh.ts');
const FAILED = { code: 'release_unhealthy', message: 'It does not answer', next: 'Look at its log.' };

let directory: string;
let sshd: Sshd;
let api: Server;
/** What the API is to say, and what it was asked. */
let world: { stands: boolean; pushesOnly: boolean; fails: boolean; ends: boolean };
let asked: string[];
let archive: Buffer;
/** The session that was opened last. */
let wished: { command: string[]; terminal: object | null; term: string };
const at = (name: string) => join(directory, name);

const operation = () => ({
  id: newId(),
  kind: 'apps.deploy',
  app: 'shop',
  status: world.fails ? 'failed' : 'succeeded',
  requestedBy: 'ada',
  reason: null,
  requestedAt: new Date(0).toISOString(),
  startedAt: null,
  finishedAt: null,
  failure: world.fails ? FAILED : null,
  result: { exitCode: 5 },
});

/** The API as the gate knows it; what it decides is tested with the API. */
async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  asked.push(`${method} ${url}`);
  const body = await buffer(request);
  const json = (status: number, value: unknown) =>
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (url === '/v1/ssh/sessions') {
    const login = JSON.parse(body.toString());
    asked.push(`${login.app} ${login.gateway} ${login.command} ${headers['x-forwarded-for']}`);
    return void json(201, {
      token: 'bsh_x',
      actor: 'ada',
      pushesOnly: world.pushesOnly,
      until: new Date(0).toISOString(),
    });
  }
  if (headers.authorization !== 'Bearer bsh_x' || !world.stands)
    return void json(401, { error: { code: 'not_signed_in', message: 'No', next: 'Sign in.' } });
  if (url.endsWith('/ssh/session')) return void json(200, { ok: true });
  if (url.endsWith('/sources')) {
    archive = body;
    return void json(201, { upload: newId() });
  }
  if (url.endsWith('/sessions')) wished = JSON.parse(body.toString());
  if (url === '/v1/apps/shop') return void json(200, { url: 'https://shop.example', release: 2 });
  if (method === 'POST') return void json(202, { operationId: newId() });
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (name: string, data: unknown) =>
    reply.write(`id: 1.1.1\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  event('log', { at: new Date(0).toISOString(), source: 'build', line: 'Installing packages' });
  if (!world.ends) return;
  event('end', operation());
  reply.end();
}

/** The agent's half of a session: a program that gives back what it is given, and ends with it. */
function program(ws: WebSocket): void {
  ws.send(JSON.stringify({ type: 'started', recorded: false }));
  ws.send(pack('stdout', Buffer.from('a line of the command\n')));
  const over = () => ws.send(JSON.stringify({ type: 'exit', code: 5 }));
  ws.on('message', (data: Buffer, binary) => {
    if (binary) ws.send(pack('stdout', data.subarray(1)));
    else if (world.ends && data.toString().includes('"end"')) over();
  });
  // A terminal has no end of input: this program leaves by itself.
  if (wished.terminal) setTimeout(over, 1000);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-gate-'));
  for (const name of ['api', 'bin', 'bin/hooks']) await mkdir(at(name));
  for (const name of ['bin/gate', 'bin/hooks/pre-receive']) {
    await writeFile(at(name), `#!${process.execPath}\nimport(${JSON.stringify(PROGRAM)});\n`);
    await chmod(at(name), 0o755);
  }
  api = createServer((request, reply) => void answer(request, reply));
  const sockets = new WebSocketServer({ noServer: true });
  api.on('upgrade', (request, socket, head) => {
    asked.push(`joins ${request.headers.authorization} from ${request.headers['x-forwarded-for']}`);
    sockets.handleUpgrade(request, socket, head, program);
  });
  await new Promise<void>((resolve) => api.listen(at('api/api.sock'), resolve));
  await chmod(at('api/api.sock'), 0o666);
  const authority = makeAuthority({ run: runner, directory: at('authority'), now: Date.now });
  const keys = must(await authority.gatewayFiles(['127.0.0.1']));
  sshd = await startSshd(directory, keys, at('bin/gate'), at('api'));
  await sshd.write('revoked.krl', must(await authority.revocations([])));
  await sshd.write('gateway.token', 'bsg_gateway');
  await sshd.logins([{ name: 'shop', principal: 'p', from: [], keys: [] }]);
  const publicKey = await newKey(at('key'));
  const wish = { serial: 1, keyId: 'ada', principals: ['p'], seconds: 3000, publicKey };
  await writeFile(at('key-cert.pub'), must(await authority.certify(wish)));
  await writeFile(
    at('ssh_config'),
    `Host *\n Port ${sshd.port}\n IdentityFile ${at('key')}\n IdentitiesOnly yes\n BatchMode yes\n UserKnownHostsFile ${at('known_hosts')}\n`,
  );
  await git('init', '-q', '-b', 'main', at('app'));
  await writeFile(at('app/server.js'), 'console.log("hello from the push");\n');
  await git('-C', at('app'), 'add', '.');
  await git('-C', at('app'), '-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '-q', '-m', 'one');
}, 120_000);
afterAll(async () => {
  await sshd?.stop();
  api?.closeAllConnections();
  api?.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  world = { stands: true, pushesOnly: false, fails: false, ends: true };
  asked = [];
});

const git = async (...args: string[]) =>
  must(
    await runner.run({
      argv: ['/usr/bin/git', ...args],
      env: { HOME: directory, GIT_SSH_COMMAND: `ssh -F ${at('ssh_config')}`, GIT_CONFIG_NOSYSTEM: '1' },
      timeoutMs: 110_000,
    }),
  );
const push = (refs = 'main') => git('-C', at('app'), 'push', 'ssh://shop@127.0.0.1/shop.git', refs);
const go = (...command: string[]) =>
  dial({ directory, port: sshd.port, user: 'shop', key: at('key'), command });

it('deploys what git pushes, with the log shown to who pushes', async () => {
  const ran = await push();
  expect(ran.code, ran.stderr + sshd.log()).toBe(0);
  expect(ran.stderr).toMatch(/remote:.*Installing packages/);
  expect(ran.stderr).toContain('shop runs v2 at https://shop.example');
  expect(gunzipSync(archive).toString('latin1')).toContain('hello from the push');
  expect(asked).toContain("shop bsg_gateway git-receive-pack '/shop.git' 127.0.0.1");
  expect(asked).toContain('POST /v1/apps/shop/deploys');
  expect(asked.at(-1)).toBe('DELETE /v1/apps/shop/ssh/session');
}, 120_000);

it('refuses the push where the deploy fails, and one of another branch', async () => {
  world.fails = true;
  const failed = await push();
  expect(failed.code).not.toBe(0);
  expect(failed.stderr).toMatch(/remote:.*It does not answer[\s\S]*remote rejected/);
  world.fails = false;
  asked = [];
  const other = await push('main:refs/heads/topic');
  expect(other.code).not.toBe(0);
  expect(other.stderr).toMatch(/Only one branch is deployed/);
  expect(asked).not.toContain('POST /v1/apps/shop/deploys');
}, 240_000);

it('runs a command with what comes on its input, and passes its output and exit code on', async () => {
  const ran = await dial({
    directory,
    port: sshd.port,
    user: 'shop',
    key: at('key'),
    command: ['node', 'script.js'],
    stdin: 'typed\n',
  });
  expect([ran.code, ran.stdout], ran.stderr).toEqual([5, 'a line of the command\ntyped\n']);
  expect(asked).toContain('POST /v1/apps/shop/sessions');
  expect(asked).toContain('joins Bearer bsh_x from 127.0.0.1');
  expect(wished.terminal).toBeNull();
  expect(wished.command.at(-1)).toContain('node script.js');
}, 120_000);

it('opens a shell at the terminal that the client has', async () => {
  const ran = await dial({
    directory,
    port: sshd.port,
    user: 'shop',
    key: at('key'),
    args: ['-tt'],
    stdin: 'typed\n',
  });
  expect(ran.code, ran.stderr + sshd.log()).toBe(5);
  expect(ran.stdout).toContain('a line of the command');
  expect(wished.terminal).toMatchObject({ columns: expect.any(Number), rows: expect.any(Number) });
  expect(wished.command.at(-1)).toContain('exec bash -l');
}, 120_000);

it('says what is not permitted, and does nothing', async () => {
  expect((await go('scp', '-t', '/')).stderr).toContain('copying of files');
  world.pushesOnly = true;
  expect((await go('id')).stderr).toContain('this key is for git push alone');
  expect((await go()).stderr).toContain('this key is for git push alone');
  expect(asked).not.toContain('POST /v1/apps/shop/sessions');
}, 120_000);

it('ends an open session within seconds once it is good no more', async () => {
  world.ends = false;
  const running = go('sleep', 'forever');
  while (!asked.some((line) => line.startsWith('joins')))
    await new Promise((resolve) => setTimeout(resolve, 50));
  world.stands = false;
  const ran = await running;
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('This login is not good (any more)');
}, 120_000);
