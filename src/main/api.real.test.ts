import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPages } from '../../packaging/lib/build.ts';
import type { Started } from '../adapters/exec/port.ts';
import { runner } from '../adapters/exec/run.ts';
import { createBootstrapToken } from '../capabilities/access/bootstrap.ts';
import { runCli } from '../cli/run.ts';
import { commandTable } from '../cli/table.ts';
import { type RealDatabase, realDatabase } from '../db/testing.ts';

let real: RealDatabase;
let dir: string;
let api: Started;
let socket: string;

const start = () =>
  runner.start({
    argv: [process.execPath, join(import.meta.dirname, 'api.ts')],
    env: {
      BASTIDE_DATABASE_URL: `postgresql:///postgres?host=${real.socketDir}&user=bastide_api`,
      BASTIDE_API_SOCKET: socket,
      BASTIDE_UPLOADS: join(dir, 'uploads'),
      BASTIDE_PAGES: join(dir, 'pages'),
    },
    timeoutMs: 300_000,
  });

beforeAll(async () => {
  real = await realDatabase();
  dir = await mkdtemp(join(tmpdir(), 'bastide-api-'));
  socket = join(dir, 'api.sock');
  await buildPages(join(dir, 'pages'));
  api = start();
});
afterAll(async () => {
  api.kill('SIGTERM');
  await api.done;
  await real.close();
  await rm(dir, { recursive: true, force: true });
});

/** One command line, as in a terminal that is no terminal. */
async function bastide(argv: string[], options: { stdin?: string; signal?: AbortSignal } = {}) {
  const said = { out: '', err: '' };
  const into = (name: 'out' | 'err') => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  const code = await runCli(commandTable, {
    argv,
    cwd: dir,
    configDir: join(dir, 'config'),
    server: undefined,
    token: undefined,
    color: false,
    stdin: Readable.from([options.stdin ?? '']),
    interactive: false,
    out: into('out'),
    err: into('err'),
    signal: options.signal ?? new AbortController().signal,
    version: '0',
  });
  return { code, ...said };
}

const login = async (token: string) =>
  bastide(['login', '--server', `unix:${socket}`, '--token', '-'], { stdin: `${token}\n` });

test('a server that is not up is 5, and not signed in is 3', async () => {
  expect((await bastide(['whoami'])).code).toBe(3);
  const gone = await bastide(['login', '--server', `unix:${dir}/nothing.sock`, '--token', 'bst_x']);
  expect([gone.code, gone.out]).toEqual([5, '']);
  expect(gone.err).toContain('does not answer');
});

test('from the bootstrap token to a followed operation, over the real socket and database', async () => {
  await expect
    .poll(
      () =>
        stat(socket).then(
          (s) => s.mode & 0o777,
          () => 0,
        ),
      { timeout: 60_000 },
    )
    .toBe(0o666);
  const signedIn = await login((await createBootstrapToken(real.db)).reveal());
  expect([signedIn.code, signedIn.err]).toEqual([0, '']);
  expect((await stat(join(dir, 'config/config.json'))).mode & 0o777).toBe(0o600);
  expect((await bastide(['organizations:create', 'acme'])).code).toBe(0);

  const creating = bastide(['projects:create', 'shop']);
  const operations = () => real.db.selectFrom('operations').selectAll().execute();
  await expect.poll(async () => (await operations()).length, { timeout: 30_000 }).toBe(1);
  const [operation] = await operations();
  const agent = real.as('bastide_agent');
  const step = {
    operation_id: operation!.id,
    seq: 1,
    capability: 'keys',
    kind: 'k',
    key: 'k',
    summary: 'Make the key',
  };
  await agent
    .insertInto('operation_steps')
    .values({ ...step, status: 'done', finished_at: new Date() })
    .execute();
  await agent
    .insertInto('operation_log')
    .values({ operation_id: operation!.id, source: 'keys', line: 'made\u001b[2J' })
    .execute();
  await agent.updateTable('operations').set({ status: 'succeeded', finished_at: new Date() }).execute();
  const created = await creating;
  expect([created.code, created.err]).toEqual([0, '']);
  expect(created.out).toContain('✓ Make the key');
  expect(created.out).toContain('keys │ made[2J');
  expect(created.out).not.toContain('\u001b');

  const seen = await bastide(['projects', '--json']);
  expect(JSON.parse(seen.out)).toEqual([expect.objectContaining({ name: 'shop', organization: 'acme' })]);
});

test('a refusal is 3, what is not there 4, with the next step; in JSON with --json', async () => {
  const taken = await bastide(['organizations:create', 'acme']);
  expect([taken.code, taken.err]).toEqual([
    3,
    '✗ There is an organization named acme already\n  → Choose another name.\n',
  ]);
  const missing = await bastide(['projects:info', 'nothing', '--json']);
  expect(missing.code).toBe(4);
  expect(JSON.parse(missing.out)).toMatchObject({ error: { code: 'project_not_found' } });
});

test('Ctrl-C stops watching and not the operation; a failed one says why and is 1', async () => {
  const insert = { kind: 'apps.deploy', target: 'app:x', requested_by: 'admin' };
  const { id: organization_id } = await real.db
    .selectFrom('organizations')
    .select('id')
    .executeTakeFirstOrThrow();
  const id = '019a0000-0000-7000-8000-00000000000a';
  await real.db
    .insertInto('operations')
    .values({ id, organization_id, ...insert })
    .execute();
  const stop = new AbortController();
  const watching = bastide(['operations:watch', id], { signal: stop.signal });
  setTimeout(() => stop.abort(), 500);
  const stopped = await watching;
  expect(stopped.code).toBe(130);
  expect(stopped.err).toContain(`bastide operations:watch ${id}`);

  const failing = bastide(['operations:watch', id]);
  const failure = JSON.stringify({
    code: 'release_unhealthy',
    message: 'v2 does not answer /up.',
    next: 'See the log.',
  });
  await real
    .as('bastide_agent')
    .updateTable('operations')
    .set({ status: 'failed', failure })
    .where('id', '=', id)
    .execute();
  expect(await failing).toMatchObject({ code: 1, err: '✗ v2 does not answer /up.\n  → See the log.\n' });
});

test('a stream of events goes on after the API was killed', async () => {
  const { id: organization_id } = await real.db
    .selectFrom('organizations')
    .select('id')
    .executeTakeFirstOrThrow();
  const id = '019a0000-0000-7000-8000-00000000000b';
  const insert = { kind: 'apps.deploy', target: 'app:y', requested_by: 'admin' };
  await real.db
    .insertInto('operations')
    .values({ id, organization_id, ...insert })
    .execute();
  const agent = real.as('bastide_agent');
  const say = (line: string) =>
    agent.insertInto('operation_log').values({ operation_id: id, source: 'build', line }).execute();
  await say('before');
  const watching = bastide(['operations:watch', id]);
  await expect
    .poll(async () => (await real.db.selectFrom('api_tokens').select('last_used_at').execute()).length)
    .toBeGreaterThan(0);
  api.kill('SIGKILL');
  await api.done;
  api = start();
  await say('after');
  await agent.updateTable('operations').set({ status: 'succeeded' }).where('id', '=', id).execute();
  const { code, out } = await watching;
  expect(code).toBe(0);
  expect(out.match(/│ (before|after)/g)).toEqual(['│ before', '│ after']);
});
