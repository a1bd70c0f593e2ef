import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLab, type Lab } from './lab.ts';
import { leftovers, trace } from './leftovers.ts';
import { INTERNET_ADDRESS } from './topology.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await createLab({ hosts: ['n1', 'n2'] });
});
afterAll(() => lab.close());

const LISTEN = 'require("net").createServer((c) => c.end("hello")).listen(8080, "0.0.0.0")';
const ask = (address: string) => [
  process.execPath,
  '-e',
  `const s = require("net").connect(8080, "${address}"); s.on("data", (d) => process.stdout.write(d)); s.on("error", (e) => { console.log(e.code); });`,
];

test('hosts and the attacker reach each other over the public network', async () => {
  const server = lab.host('n2').spawn([process.execPath, '-e', LISTEN]);
  await lab.host('n2').waitListening(8080);
  for (const from of [lab.host('n1'), lab.attacker, lab.wan])
    expect(await from.must(ask(lab.host('n2').address))).toBe('hello');
  expect(await lab.host('n1').must(ask('127.0.0.1'))).toContain('ECONNREFUSED');
  server.kill();
  await server.exited;
});

test('a host sees its own interfaces, processes and name, not the machine', async () => {
  const host = lab.host('n1');
  expect((await host.must(['hostname'])).trim()).toBe('n1');
  expect((await host.must(['ls', '/sys/class/net'])).trim().split('\n')).toEqual(['eth0', 'lo']);
  expect(Number(await host.must(['sh', '-c', 'ls -d /proc/[0-9]* | wc -l']))).toBeLessThan(8);
  expect(await host.must(['cat', '/proc/self/cgroup'])).not.toContain('..');
});

test('what a host writes to system directories stays in it, and is not seen by another', async () => {
  const host = lab.host('n1');
  const places = [
    '/etc',
    '/usr/bin',
    '/var/lib',
    '/opt',
    '/root',
    '/tmp',
    '/run',
    '/var/lib/bastide',
    '/dev/shm',
  ];
  for (const place of places) {
    await host.must(['touch', `${place}/lab-was-here`]);
    expect(existsSync(`${place}/lab-was-here`), place).toBe(false);
    expect((await lab.host('n2').exec(['test', '-e', `${place}/lab-was-here`])).code, place).toBe(1);
  }
});

test('a cgroup that a host makes is below the lab', async () => {
  await lab.host('n1').must(['mkdir', '/sys/fs/cgroup/pids/engine']);
  expect(readdirSync(`/sys/fs/cgroup/pids/bastide-lab/${lab.directory.split('/').pop()}/n1`)).toContain(
    'engine',
  );
});

test('exec passes input, environment and directory on, and answers the exit code', async () => {
  const host = lab.host('n1');
  expect(await host.must(['cat'], { stdin: 'a\nb' })).toBe('a\nb');
  expect(await host.must(['sh', '-c', 'echo $WORD; pwd'], { env: { WORD: 'grid' }, cwd: '/usr' })).toBe(
    'grid\n/usr\n',
  );
  expect(await host.exec(['sh', '-c', 'echo no >&2; exit 7'])).toEqual({
    code: 7,
    stdout: '',
    stderr: 'no\n',
  });
  expect((await host.exec(['sleep', '60'], { timeoutMs: 200 })).code).toBe(137);
  await expect(host.must(['false'])).rejects.toThrow('n1: false ended with 1');
});

test('a signal reaches the program itself', async () => {
  const running = lab
    .host('n1')
    .spawn(['sh', '-c', 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.05; done']);
  await running.says(/up/);
  running.kill('SIGTERM');
  expect(await running.exited).toBe(3);
  expect(running.stdout).toContain('bye');
});

test('files are written and read from outside', async () => {
  const host = lab.host('n1');
  host.writeFile('/etc/bastide/deep/file', 'secret', 0o600);
  expect(await host.must(['stat', '-c', '%a %s', '/etc/bastide/deep/file'])).toBe('600 6\n');
  await host.must(['sh', '-c', 'echo here > /run/there']);
  expect(host.readFile('/run/there')).toBe('here\n');
});

test('the lab answers for its own names, and for every name below a wildcard', async () => {
  await lab.dns.set({ 'shop.test': '203.0.113.1', '*.apps.test': '203.0.113.2' });
  const lookup = async (name: string) =>
    (await lab.host('n1').exec(['getent', 'ahostsv4', name])).stdout.split(' ')[0];
  expect(await lookup('shop.test')).toBe('203.0.113.1');
  expect(await lookup('a.apps.test')).toBe('203.0.113.2');
  expect(await lookup('nobody.test')).toBe('');
  expect(lab.dns.queries).toContainEqual({ name: 'a.apps.test', from: '203.0.113.1' });
});

test('there is an internet beyond the router', async () => {
  const server = lab.wan.spawn([process.execPath, '-e', LISTEN]);
  await lab.wan.waitListening(8080);
  expect(await lab.host('n1').must(ask(INTERNET_ADDRESS))).toBe('hello');
  server.kill();
});

test('a closed lab leaves nothing, and another one is not touched', async () => {
  const other = await createLab({ hosts: ['n1'], uplink: false });
  const ours = trace(other, ['n1']);
  await other.host('n1').must(['setsid', '--fork', 'sleep', '3600']);
  await other.close();
  expect(leftovers(ours)).toEqual([]);
  expect((await lab.host('n1').exec(['true'])).code).toBe(0);
});

test('a name that is no host name is refused', async () => {
  await expect(createLab({ hosts: ['wan'] })).rejects.toThrow('no name for a lab host');
  await expect(createLab({ hosts: ['N1;x'] })).rejects.toThrow('no name for a lab host');
});
