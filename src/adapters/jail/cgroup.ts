import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sleep } from '../../kernel/time.ts';
import { parseCounter } from './parse.ts';
import type { JailLimits } from './port.ts';

const ROOT = '/sys/fs/cgroup';
const PERIOD = 100_000;

export type CgroupVersion = 1 | 2;

/** Version 2 has its controllers' list at the top; a hybrid machine counts as version 1. */
export const cgroupVersion = (): CgroupVersion => (existsSync(`${ROOT}/cgroup.controllers`) ? 2 : 1);

/** Pure: the directories of a cgroup. */
export const cgroupDirs = (version: CgroupVersion, name: string): string[] =>
  version === 2
    ? [`${ROOT}/${name}`]
    : ['memory', 'cpu', 'pids'].map((controller) => `${ROOT}/${controller}/${name}`);

/** Pure: which value goes into which file. An optional file may be missing in this kernel. */
export function cgroupWrites(
  version: CgroupVersion,
  name: string,
  limits: Pick<JailLimits, 'memoryBytes' | 'cpus' | 'pids'>,
): { file: string; value: string; optional?: true }[] {
  const quota = String(Math.round(limits.cpus * PERIOD));
  const memory = String(limits.memoryBytes);
  if (version === 2) {
    const at = `${ROOT}/${name}`;
    return [
      { file: `${at}/memory.max`, value: memory },
      { file: `${at}/memory.swap.max`, value: '0', optional: true },
      { file: `${at}/cpu.max`, value: `${quota} ${PERIOD}` },
      { file: `${at}/pids.max`, value: String(limits.pids) },
    ];
  }
  return [
    { file: `${ROOT}/memory/${name}/memory.limit_in_bytes`, value: memory },
    { file: `${ROOT}/memory/${name}/memory.memsw.limit_in_bytes`, value: memory, optional: true },
    { file: `${ROOT}/cpu/${name}/cpu.cfs_period_us`, value: String(PERIOD) },
    { file: `${ROOT}/cpu/${name}/cpu.cfs_quota_us`, value: quota },
    { file: `${ROOT}/pids/${name}/pids.max`, value: String(limits.pids) },
  ];
}

/** Makes the cgroup with its limits. Answers the files that a process joins by. */
export async function makeCgroup(name: string, limits: JailLimits): Promise<string[]> {
  const version = cgroupVersion();
  if (version === 2) {
    let at = ROOT;
    for (const part of name.split('/')) {
      await writeFile(`${at}/cgroup.subtree_control`, '+memory +cpu +pids');
      at = `${at}/${part}`;
      await mkdir(at, { recursive: true });
    }
  }
  const dirs = cgroupDirs(version, name);
  for (const dir of dirs) await mkdir(dir, { recursive: true });
  for (const { file, value, optional } of cgroupWrites(version, name, limits)) {
    if (optional && !existsSync(file)) continue;
    await writeFile(file, value);
  }
  return dirs.map((dir) => `${dir}/cgroup.procs`);
}

const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

export async function cgroupUse(name: string) {
  const version = cgroupVersion();
  const memory = version === 2 ? `${ROOT}/${name}` : `${ROOT}/memory/${name}`;
  const pids = version === 2 ? `${ROOT}/${name}` : `${ROOT}/pids/${name}`;
  const peak = await read(version === 2 ? `${memory}/memory.peak` : `${memory}/memory.max_usage_in_bytes`);
  const events = await read(version === 2 ? `${memory}/memory.events` : `${memory}/memory.oom_control`);
  return {
    memoryPeakBytes: Number(peak.trim() || 0),
    outOfMemoryKills: parseCounter(events, 'oom_kill'),
    refusedForks: parseCounter(await read(`${pids}/pids.events`), 'max'),
  };
}

/** Kills whatever is in the cgroup, again and again until nothing is left. Answers whether there was anything. */
export async function killCgroup(name: string): Promise<boolean> {
  let found = false;
  for (let round = 0; round < 200; round += 1) {
    const pids = new Set<number>();
    for (const dir of cgroupDirs(cgroupVersion(), name))
      for (const line of (await read(`${dir}/cgroup.procs`)).split('\n')) if (line) pids.add(Number(line));
    if (pids.size === 0) return found;
    found = true;
    for (const pid of pids) {
      try {
        if (pid > 1) process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await sleep(20);
  }
  return found;
}

export async function removeCgroup(name: string): Promise<void> {
  for (const dir of cgroupDirs(cgroupVersion(), name)) {
    // A killed process leaves its cgroup a moment after it is gone from the list.
    for (let round = 0; round < 50 && existsSync(dir); round += 1) {
      const gone = await rmdir(dir).then(
        () => true,
        () => false,
      );
      if (!gone) await sleep(20);
    }
    // The parent goes with the last of its slots.
    await rmdir(dirname(dir)).catch(() => undefined);
  }
}
