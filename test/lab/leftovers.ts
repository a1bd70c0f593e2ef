import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hierarchies, labsWithCgroups } from './cgroups.ts';
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

/** Everything on the machine that belongs to the lab, in words; empty when it is gone. */
export function leftovers({ directory, networks }: Trace): string[] {
  const found: string[] = [];
  const id = basename(directory);
  if (existsSync(directory)) found.push(`directory ${directory}`);
  if (existsSync(`/run/bastide-lab/${id}`)) found.push(`register entry ${id}`);
  if (labsWithCgroups(hierarchies()).includes(id)) found.push(`cgroups of ${id}`);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    // One that ended and only waits to be collected by its parent is no leftover.
    if (/^\d+ \(.*\) Z/s.test(attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')))) continue;
    const network = attempt(() => readlinkSync(`/proc/${pid}/ns/net`));
    if (networks.includes(network)) found.push(`process ${pid} in ${network}`);
    if (attempt(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).includes(directory))
      found.push(`mounts seen by process ${pid}`);
    if (attempt(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')).includes(id))
      found.push(`process ${pid} in cgroup`);
  }
  return found;
}

/** The leftovers once things have settled. */
export async function leftoversAfter(lab: Trace, patienceMs = 15_000): Promise<string[]> {
  const started = performance.now();
  for (;;) {
    const found = leftovers(lab);
    if (found.length === 0 || performance.now() - started > patienceMs) return found;
    await sleep(50);
  }
}
