/**
 * Holds one lab: makes its hosts, says so, and clears everything away when its standard input ends, which happens
 * when the owner closes the lab and also when the owner is killed. Should the warden itself be killed, the kernel
 * ends the hosts with it (parent-death signal) and the next lab sweeps up the files and cgroups.
 *
 *   node warden.ts SPEC.json
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCgroups, describe, hierarchies, removeCgroups } from './cgroups.ts';
import { register, removeDirectory, sweep, unregister } from './sweep.ts';
import { type HostSpec, INTERNET_ADDRESS, type LabSpec, PREFIX, WAN_ADDRESS } from './topology.ts';

const spec = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as LabSpec;
const all = hierarchies();
const children: ChildProcess[] = [];
const bin = join(import.meta.dirname, 'bin');
let ending = false;

const say = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Ends with the warden, whatever happens to it. */
function start(argv: readonly string[], stdio: ('ignore' | 'pipe' | 'inherit')[]): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], { stdio });
  children.push(child);
  return child;
}

/** Resolves when the descriptor says something; rejects when it closes without. */
function firstWord(child: ChildProcess, fd: number, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = child.stdio[fd] as NodeJS.ReadableStream;
    stream.once('data', () => resolve());
    stream.once('end', () => reject(new Error(`${what} did not start`)));
    child.once('error', reject);
  });
}

async function startHost(host: HostSpec, uplink: LabSpec): Promise<{ pid: number; procs: string[] }> {
  const directory = join(uplink.directory, host.name);
  mkdirSync(directory, { recursive: true });
  const procs = createCgroups(all, uplink.id, host.name);
  const argv = [
    'sh',
    join(bin, 'host.sh'),
    host.name,
    directory,
    uplink.repository,
    host.kind,
    describe(all),
    ...procs,
  ];
  const child = start(argv, ['ignore', 'pipe', 'inherit']);
  await firstWord(child, 1, `host ${host.name}`);
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return { pid: Number(children.trim().split(' ')[0]), procs };
}

const inNetwork = (pid: number, ...argv: string[]): void => {
  execFileSync('nsenter', ['--target', String(pid), '--net', ...argv], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};
const ip = (pid: number, line: string): void => inNetwork(pid, 'ip', ...line.split(' '));

/** A bridge in the wan host; no interface ever appears in the machine's own network namespace. */
function connect(pids: ReadonlyMap<string, number>): void {
  const wan = pids.get('wan')!;
  ip(wan, 'link add br0 type bridge');
  ip(wan, `addr add ${WAN_ADDRESS}/${PREFIX} dev br0`);
  ip(wan, `addr add ${INTERNET_ADDRESS}/32 dev lo`);
  ip(wan, 'link set br0 up');
  execFileSync('nsenter', [
    '--target',
    String(wan),
    '--net',
    '--mount',
    'sysctl',
    '-qw',
    'net.ipv4.ip_forward=1',
  ]);
  for (const host of spec.hosts.filter(({ name }) => name !== 'wan')) {
    const pid = pids.get(host.name)!;
    ip(wan, `link add v-${host.name} type veth peer name eth0 netns ${pid}`);
    ip(wan, `link set v-${host.name} master br0 up`);
    ip(pid, `addr add ${host.address}/${PREFIX} dev eth0`);
    ip(pid, 'link set eth0 up');
    ip(pid, `route add default via ${WAN_ADDRESS}`);
  }
}

/** The way to the real internet: user-mode networking, so the machine's own firewall is not involved. */
async function uplink(wan: number): Promise<void> {
  const argv = ['slirp4netns', '--configure', '--mtu=1500', '--disable-host-loopback', '--ready-fd=3'];
  const child = start([...argv, String(wan), 'tap0'], ['ignore', 'ignore', 'ignore', 'pipe']);
  await firstWord(child, 3, 'slirp4netns');
  inNetwork(wan, 'nft', 'add table ip lab');
  inNetwork(wan, 'nft', 'add chain ip lab out { type nat hook postrouting priority srcnat; }');
  inNetwork(wan, 'nft', 'add rule ip lab out oifname tap0 masquerade');
}

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  const ended = children.map(
    (child) =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve();
        else child.once('exit', () => resolve());
      }),
  );
  // Killing `unshare` kills the host's init, and with that every process of its process-id namespace.
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ended);
  const clean = await removeCgroups(all, spec.id);
  removeDirectory(spec.directory);
  if (clean) unregister(spec.id);
  process.exit(clean ? code : 1);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(1));
process.stdin.on('end', () => void end(0)).resume();
process.stdout.on('error', () => void end(0));

try {
  register(spec.id, spec.directory);
  await sweep(all);
  const started = await Promise.all(
    spec.hosts.map(async (host) => [host.name, await startHost(host, spec)] as const),
  );
  const pids = new Map(started.map(([name, { pid }]) => [name, pid]));
  connect(pids);
  if (spec.uplink) await uplink(pids.get('wan')!);
  say({ hosts: Object.fromEntries(started) });
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  await end(1);
}
