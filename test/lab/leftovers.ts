import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CGROUP_ROOT, hierarchies, labsWithCgroups } from './cgroups.ts';
import type { Lab } from './lab.ts';

/** What makes a lab findable after it is gone. */
export interface Trace {
  readonly directory: string;
  /** Network namespaces of its hosts, as `net:[4026531840]`. */
  readonly networks: readonly string[];
}

export const trace = (lab: Lab, names: readonly string[]): Trace => ({
  directory: lab.directory,
  networks: ['wan', 'attacker', ...names].map((name) => readlinkSync(`/proc/${lab.host(name).pid}/ns/net`)),
});

const attempt = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** Files, the register's entry and cgroups: what has to be removed by somebody. */
export function writtenBy({ directory }: Trace): string[] {
  const id = basename(directory);
  return [
    ...(existsSync(directory) ? [`directory ${directory}`] : []),
    ...(existsSync(`/run/bastide-lab/${id}`) ? [`register entry ${id}`] : []),
    ...(labsWithCgroups(hierarchies()).includes(id) ? [`cgroups of ${id}`] : []),
  ];
}

/** Processes, their mounts and namespaces: what the kernel ends with the hosts. */
export function runningOf({ directory, networks }: Trace): string[] {
  const found: string[] = [];
  const cgroup = `/${CGROUP_ROOT}/${basename(directory)}/`;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    // One that ended and only waits to be collected by its parent is no leftover.
    if (/^\d+ \(.*\) Z/s.test(attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')))) continue;
    const network = attempt(() => readlinkSync(`/proc/${pid}/ns/net`));
    if (networks.includes(network)) found.push(`process ${pid} in ${network}`);
    if (attempt(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).includes(directory))
      found.push(`mounts seen by process ${pid}`);
    if (attempt(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')).includes(cgroup))
      found.push(`process ${pid} in cgroup`);
  }
  return found;
}

/** Everything on the machine that belongs to the lab, in words; empty when it is gone. */
export const leftovers = (lab: Trace): string[] => [...writtenBy(lab), ...runningOf(lab)];

/** What is left once things have settled. */
export async function settled(look: () => string[], patienceMs = 30_000): Promise<string[]> {
  const started = performance.now();
  for (;;) {
    const found = look();
    if (found.length === 0 || performance.now() - started > patienceMs) return found;
    await sleep(50);
  }
}
