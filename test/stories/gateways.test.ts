import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { openPlatform, type Platform } from './lib/platform.ts';
import { WORLDS } from './lib/reachability.ts';

interface Opened {
  readonly grant: string;
  readonly url: string;
  readonly until: string;
}
interface Line {
  readonly action: string;
  readonly outcome: string;
  readonly sourceAddress: string | null;
  readonly detail: { readonly connection?: string; readonly user?: string };
}

const PORTS = { pg: 5432, mysql: 6033 } as const;
let platform: Platform;
/** The person's own computer, and somebody else's: both far away. */
let desk: LabHost;
let stranger: LabHost;

const CONNECT = `const [host, port] = process.argv.slice(1);
const s = require('net').connect({ host, port: Number(port), timeout: 3000 });
s.on('connect', () => { console.log('open'); process.exit(0); });
for (const e of ['timeout', 'error']) s.on(e, () => { console.log('closed'); process.exit(0); });`;

const reaches = async (from: LabHost, port: number): Promise<boolean> =>
  (await from.must([process.execPath, '-e', CONNECT, platform.node.host.address, String(port)])).trim() ===
  'open';

/** Whether anything on the node listens at the port. */
const listens = async (port: number): Promise<boolean> =>
  (await platform.node.host.must(['ss', '-ltnH', `sport = :${port}`])).trim() !== '';

const open = (noun: 'pg' | 'mysql', time: string): Promise<Opened> =>
  platform.json<Opened>(`${noun}:open`, '--project', 'gate', '--from', desk.address, '--for', time);

const psql = (url: string, sql: string, from = desk) =>
  from.exec(['psql', url, '-X', '-A', '-t', '-q', '-c', sql], { timeoutMs: 60_000 });

const mysql = (url: string, sql: string, from = desk) => {
  const { username, password, hostname, port, pathname, searchParams } = new URL(url);
  const ca = searchParams.get('ssl-ca') ?? '';
  const argv = ['mariadb', '--no-defaults', '-h', hostname, '-P', port, '-u', username, '-N', '-B'];
  return from.exec([...argv, `--ssl-ca=${ca}`, '--ssl-verify-server-cert', pathname.slice(1), '-e', sql], {
    env: { MYSQL_PWD: password },
    timeoutMs: 60_000,
  });
};

const connections = async (): Promise<Line[]> =>
  (await platform.json<Line[]>('audit', 'tellers', '--action', 'gateways.connection', '-n', '200')).reverse();

async function until(question: () => Promise<boolean>, seconds = 90): Promise<boolean> {
  for (let left = seconds; left > 0; left -= 1) {
    if (await question()) return true;
    await sleep(1000);
  }
  return false;
}

/** Only in a lab that is kept: what an earlier run left. */
async function ensure(noun: 'pg' | 'mysql', name: string): Promise<void> {
  const there = await platform.json<{ name: string }[]>('databases');
  if (!there.some((one) => one.name === name)) await platform.ok(`${noun}:create`, name, '--project', 'gate');
}

beforeAll(async () => {
  platform = await openPlatform();
  [desk, stranger] = [platform.desk, platform.lab.attacker];
  const projects = await platform.json<{ name: string }[]>('projects');
  if (!projects.some(({ name }) => name === 'gate')) await platform.ok('projects:create', 'gate');
  await ensure('pg', 'gate-pg');
  await ensure('mysql', 'gate-my');
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

describe.each(['pg', 'mysql'] as const)('%s', (noun) => {
  const port = PORTS[noun];
  const ask = noun === 'pg' ? psql : mysql;
  const slow = noun === 'pg' ? 'select pg_sleep(600)' : 'select sleep(600)';

  test('is closed before: nobody reaches the port, and nothing listens there', async () => {
    expect(await listens(port)).toBe(false);
    for (const from of [desk, stranger]) expect(await reaches(from, port)).toBe(false);
  });

  test('opens to one address with one credential, over TLS, and to nobody else', async () => {
    const { url, grant } = await open(noun, '1h');
    const said = await ask(url, 'select 40 + 2');
    expect([said.stderr, said.stdout.trim()]).toEqual(['', '42']);
    expect(await reaches(stranger, port)).toBe(false);
    const wrong = await ask(url.replace(/:[^:@/]{43}@/, `:${'x'.repeat(43)}@`), 'select 1');
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toMatch(noun === 'pg' ? /SASL authentication failed/ : /ERROR 1045.*Access denied/);

    // What a session of the grant does is there for the database's own users, and it is not left when the grant is.
    const made = await ask(url, 'create table if not exists kept (n int)');
    expect(made.stderr).toBe('');
    const session = ask(url, slow);
    await sleep(2000);
    await platform.ok(`${noun}:close`, '--project', 'gate', '--grant', grant);
    const ended = await session;
    expect(ended.code).not.toBe(0);
    expect(await reaches(desk, port)).toBe(false);
    expect(await listens(port)).toBe(false);
  });

  test('closes itself at its end, with the session that is open', async () => {
    const { url } = await open(noun, '1m');
    const session = ask(url, slow);
    expect((await ask(url, 'select 1')).stdout.trim()).toBe('1');
    const ended = await session;
    expect(ended.code).not.toBe(0);
    expect(await until(async () => !(await listens(port)))).toBe(true);
    expect(await reaches(desk, port)).toBe(false);
    expect((await ask(url, 'select 1')).code).not.toBe(0);
    const list = await platform.json<{ state: string }[]>('grants', '--project', 'gate');
    expect(list).toEqual([]);
  });

  test('closes at its end though the agent was killed before it', async () => {
    const { url } = await open(noun, '1m');
    expect((await ask(url, 'select 1')).stdout.trim()).toBe('1');
    await platform.node.killAgent();
    await platform.node.ready(600_000);
    expect(await until(async () => !(await listens(port)), 180)).toBe(true);
    expect(await reaches(desk, port)).toBe(false);
    expect((await ask(url, 'select 1')).code).not.toBe(0);
  });

  test('left every connection in the audit log', async () => {
    const told = async () => {
      const lines = (await connections()).filter(({ sourceAddress }) => sourceAddress === desk.address);
      return new Set(lines.map(({ detail, outcome }) => `${detail.connection} ${outcome}`));
    };
    expect(await until(async () => (await told()).size === 3, 30)).toBe(true);
    expect(await told()).toEqual(new Set(['opened allowed', 'closed done', 'refused denied']));
  });
});

describe('while a grant is open', () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open('pg', '1h');
    expect((await psql(opened.url, 'select 1')).stdout.trim()).toBe('1');
  });
  afterAll(async () => void (await platform.bastide('pg:close', '--project', 'gate')));

  test.each(WORLDS)('a stranger is kept out with $name', async ({ losses }) => {
    const { agent, host } = platform.node;
    agent.kill('SIGSTOP');
    try {
      for (const loss of losses) await host.must([...loss]);
      expect(await reaches(stranger, PORTS.pg)).toBe(false);
      expect(await reaches(stranger, PORTS.mysql)).toBe(false);
      expect(await reaches(desk, PORTS.mysql)).toBe(false);
      expect((await psql(opened.url, 'select 1')).stdout.trim()).toBe('1');
    } finally {
      agent.kill('SIGCONT');
      const whole = async () =>
        /table inet bastide/.test(await host.must(['nft', 'list', 'ruleset'])) &&
        /BASTIDE-IN .*5432/.test((await host.exec(['iptables', '-S', 'BASTIDE-IN'])).stdout);
      expect(await until(whole, 120)).toBe(true);
    }
  });

  test('the gateway is a user without a right, in a container that cannot write', async () => {
    const { stdout } = await platform.node.docker(
      'inspect',
      '--format',
      '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.NetworkMode}} {{.State.Pid}}',
      'bastide-gateway-postgres',
    );
    const [user, readOnly, dropped, network] = stdout.trim().split(' ');
    expect([user, readOnly, dropped, network]).toEqual(['65001:65001', 'true', '[ALL]', 'host']);
  });

  test('neither password nor verifier is in the node’s process lists, environments or logs', async () => {
    const { password } = new URL(opened.url);
    const seen = await platform.node.host.exec([
      'grep',
      '-rlaF',
      '--',
      decodeURIComponent(password),
      '/run/bastide',
      '/var/log/bastide',
      '/etc/bastide',
    ]);
    expect(seen.stdout.trim()).toBe('');
    const logs = await platform.node.docker('logs', 'bastide-gateway-postgres');
    expect(`${logs.stdout}${logs.stderr}`).not.toContain(decodeURIComponent(password));
    expect(`${logs.stdout}${logs.stderr}`).not.toContain('SCRAM-SHA-256$');
  });
});
