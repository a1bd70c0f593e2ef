import { mkdtemp, readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { arch, release } from 'node:os';
import { join } from 'node:path';
import { makeEngine } from '../../src/adapters/docker/engine.ts';
import { runner } from '../../src/adapters/exec/run.ts';
import { makeEncryptedImages } from '../../src/adapters/fscrypt/images.ts';
import { DEFAULT_OPERATOR } from '../../src/capabilities/network/plan.ts';
import { parseSettings } from '../../src/capabilities/nodes/system/settings.ts';
import { failureOf, type Status, statusSchema } from '../../src/capabilities/nodes/system/status.ts';
import { isRefusal } from '../../src/kernel/refusal.ts';
import { paths } from '../../src/main/paths.ts';
import { currentRootKeyId, readKitState } from '../lib/kit-state.ts';
import { missingPackages, parsePackageList } from '../lib/packages.mjs';
import { fscryptTool, installedPackages, trials } from './commands.ts';
import {
  type EngineSeen,
  type KitSeen,
  type Listener,
  type MachineFacts,
  type PlatformSeen,
  type TrialName,
  trialNames,
} from './facts.ts';
import {
  isForeignEngine,
  parseControllers,
  parseListeners,
  parseMemory,
  parseNameservers,
  parseSwaps,
  parseVpnState,
} from './parse.ts';
import { holdersOf, type ProcessSeen, processesHere } from './processes.ts';

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** When this release was made: no clock that is right shows an earlier time. */
const RELEASED = Date.UTC(2026, 10, 1);

/** Looks at the machine; changes nothing. */
export async function observe(): Promise<MachineFacts> {
  const processes = await processesHere();
  const disk = await statfs('/var/lib');
  const listeners = await listening();
  return {
    uid: process.getuid!(),
    arch: arch(),
    osRelease: await text('/etc/os-release'),
    kernel: release(),
    filesystems: await text('/proc/filesystems'),
    maxUserNamespaces: Number(await text('/proc/sys/user/max_user_namespaces')),
    cgroups: {
      controllers: parseControllers(
        await text('/sys/fs/cgroup/cgroup.controllers'),
        await text('/proc/cgroups'),
      ),
      mounted: (await text('/proc/self/mounts')).includes(' /sys/fs/cgroup'),
    },
    seccomp: (await text('/proc/self/status')).includes('\nSeccomp:'),
    trials: await tryKernel(),
    encryption: await tryEncryption(),
    swaps: parseSwaps(await text('/proc/swaps')),
    diskFreeBytes: disk.bavail * disk.bsize,
    memoryBytes: parseMemory(await text('/proc/meminfo')),
    listeners,
    engines: await foreignEngines(processes),
    subuid: await text('/etc/subuid'),
    subgid: await text('/etc/subgid'),
    nowMs: Date.now(),
    notBeforeMs: RELEASED,
    timeService: timeServiceOf(processes),
    nameservers: parseNameservers(await text('/etc/resolv.conf')),
    missingPackages: await packagesMissing(),
    platform: await seePlatform(processes),
  };
}

async function listening(): Promise<Listener[]> {
  const seen = [
    ...parseListeners(await text('/proc/net/tcp')),
    ...parseListeners(await text('/proc/net/tcp6')),
  ];
  const holders = await holdersOf(new Set(seen.map(({ inode }) => inode)));
  return seen.map((listener) => {
    const program = holders.get(listener.inode);
    return program === undefined ? listener : { ...listener, program };
  });
}

async function tryKernel(): Promise<Record<TrialName, boolean | undefined>> {
  const seen: Record<string, boolean | undefined> = {};
  for (const name of trialNames) {
    const ran = process.getuid!() === 0 ? await runner.run(trials[name]) : undefined;
    // A program that is not installed says nothing about the kernel.
    const untried = ran === undefined || isRefusal(ran) || ran.code === 127;
    seen[name] = untried ? undefined : ran.code === 0;
  }
  return seen as Record<TrialName, boolean | undefined>;
}

/** On a small image that is gone afterwards. */
async function tryEncryption(): Promise<MachineFacts['encryption']> {
  if (process.getuid!() !== 0) return undefined;
  const there = await runner.run(fscryptTool);
  if (isRefusal(there)) return undefined;
  const directory = await mkdtemp(join('/var/lib', '.bastide-doctor-'));
  const tried = await makeEncryptedImages(runner).support(directory);
  await rm(directory, { recursive: true, force: true });
  return isRefusal(tried) ? { refused: tried.message, next: tried.next } : tried;
}

async function foreignEngines(processes: readonly ProcessSeen[]): Promise<EngineSeen[]> {
  const foreign = processes.filter(({ cmdline }) => isForeignEngine(cmdline));
  if (foreign.length === 0) return [];
  const containers = await makeEngine('/var/run/docker.sock').containers({});
  return foreign.map(({ pid }) => ({
    pid,
    containers: isRefusal(containers) ? undefined : containers.length,
  }));
}

function timeServiceOf(processes: readonly ProcessSeen[]): string | undefined {
  const known = ['chronyd', 'ntpd', 'systemd-timesyncd', 'openntpd', 'ntpsec'];
  const programs = new Set(processes.map(({ cmdline }) => cmdline.split('\0')[0]!.split('/').at(-1)));
  return known.find((name) => programs.has(name));
}

async function packagesMissing(): Promise<string[] | undefined> {
  const list = await text(join(import.meta.dirname, '../debian-packages.txt'));
  const ran = await runner.run(installedPackages);
  if (isRefusal(ran) || ran.code !== 0) return undefined;
  return missingPackages(parsePackageList(list, ['run']), ran.stdout);
}

/** The agent's status, where there is one that can be read. */
export async function readStatus(): Promise<Status | undefined> {
  try {
    return statusSchema.parse(JSON.parse(await text(paths.status)));
  } catch {
    return undefined;
  }
}

async function seePlatform(processes: readonly ProcessSeen[]): Promise<PlatformSeen> {
  const settings = await text(paths.settings);
  const parsed = settings === '' ? undefined : parseSettings(settings);
  const status = await readStatus();
  const alive = processes.some(({ pid }) => pid === status?.pid);
  const names = await readdir(paths.secrets, { recursive: true }).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(paths.secrets, name);
      const { mode, uid } = await stat(path);
      return { path, mode: mode & 0o777, uid };
    }),
  );
  return {
    kit: await seeKit(),
    settings: parsed === undefined ? 'absent' : isRefusal(parsed) ? { wrong: parsed.message } : 'valid',
    agentRunning: alive,
    ready: status?.ready,
    stageError: status && failureOf(status)?.message,
    vpnOn: parseVpnState(await text(paths.vpnState)),
    operatorPorts:
      (parsed !== undefined && !isRefusal(parsed) && parsed.operator?.ports) || DEFAULT_OPERATOR.ports,
    fileModes: files,
  };
}

async function seeKit(): Promise<KitSeen | undefined> {
  const current = await currentRootKeyId();
  return current === undefined ? undefined : { current, ...(await readKitState()) };
}
