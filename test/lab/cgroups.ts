import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** All labs' cgroups are below this name, in every hierarchy. */
export const CGROUP_ROOT = 'bastide-lab';

export interface Hierarchy {
  readonly path: string;
  readonly type: 'cgroup' | 'cgroup2';
  /** Mount options that make the same hierarchy again, for example `-ocpu,cpuacct`. */
  readonly options: string;
}

/** The cgroup hierarchies this machine has mounted, version 1, 2 or both. */
export function hierarchies(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    const path = left?.split(' ')[4];
    const [type, , superOptions] = right?.split(' ') ?? [];
    if (!path?.startsWith('/sys/fs/cgroup')) continue;
    if (type === 'cgroup2') found.push({ path, type, options: '' });
    if (type === 'cgroup') {
      const named = superOptions?.split(',').find((o) => o.startsWith('name='));
      const controllers = superOptions
        ?.split(',')
        .filter((o) => !['rw', 'ro', 'xattr', 'clone_children'].includes(o));
      found.push({ path, type, options: named ? `-onone,${named}` : `-o${controllers?.join(',')}` });
    }
  }
  return found;
}

/** `DIRECTORY:TYPE:OPTIONS …`, as bin/host-inner.sh reads it. */
export const describe = (all: readonly Hierarchy[]): string =>
  all.map((h) => `${h.path.replace(/^\/sys\/fs\/cgroup\/?/, '') || '.'}:${h.type}:${h.options}`).join(' ');

const isDirectory = (error: unknown): boolean => (error as NodeJS.ErrnoException).code !== 'ENOENT';

/** Makes the host's cgroups; a joining process writes itself into each of the answered files. */
export function createCgroups(all: readonly Hierarchy[], lab: string, host: string): string[] {
  return all.map(({ path, type }) => {
    const directory = join(path, CGROUP_ROOT, lab, host);
    mkdirSync(directory, { recursive: true });
    if (type === 'cgroup') seedCpuset(path, lab, host);
    else for (const parent of [path, join(path, CGROUP_ROOT), join(path, CGROUP_ROOT, lab)]) delegate(parent);
    return join(directory, 'cgroup.procs');
  });
}

/** Version 1 cpusets start empty and refuse processes until they are filled, from the top. */
function seedCpuset(path: string, lab: string, host: string): void {
  let parent = path;
  for (const part of [CGROUP_ROOT, lab, host]) {
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      try {
        const wanted = readFileSync(join(parent, file), 'utf8');
        if (readFileSync(join(parent, part, file), 'utf8').trim() === '')
          writeFileSync(join(parent, part, file), wanted);
      } catch (error) {
        if (isDirectory(error)) throw error;
      }
    }
    parent = join(parent, part);
  }
}

function delegate(parent: string): void {
  const controllers = readFileSync(join(parent, 'cgroup.controllers'), 'utf8').trim();
  if (controllers === '') return;
  const wanted = controllers.split(/\s+/).map((name) => `+${name}`);
  writeFileSync(join(parent, 'cgroup.subtree_control'), wanted.join(' '));
}

/** Every cgroup directory of a lab in one hierarchy, leaves first. */
function tree(directory: string): string[] {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...below.flatMap((entry) => tree(join(directory, entry.name))), directory];
  } catch {
    return [];
  }
}

/** Ends what still runs in a lab's cgroups and removes them; true when nothing is left. */
export async function removeCgroups(
  all: readonly Hierarchy[],
  lab: string,
  patienceMs = 10_000,
): Promise<boolean> {
  const started = performance.now();
  for (let round = 0; ; round++) {
    let left = 0;
    for (const { path } of all) {
      for (const directory of tree(join(path, CGROUP_ROOT, lab))) {
        if (round > 5) killMembers(directory);
        try {
          rmdirSync(directory);
        } catch {
          left++;
        }
      }
    }
    if (left === 0) break;
    if (performance.now() - started > patienceMs) return false;
    await sleep(50);
  }
  for (const { path } of all) {
    try {
      rmdirSync(join(path, CGROUP_ROOT));
    } catch {
      // another lab is using it
    }
  }
  return true;
}

function killMembers(directory: string): void {
  try {
    for (const pid of readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n')) {
      if (Number(pid) > 1 && Number(pid) !== process.pid) process.kill(Number(pid), 'SIGKILL');
    }
  } catch {
    // gone meanwhile
  }
}

/** Names of labs that have cgroups in any hierarchy. */
export function labsWithCgroups(all: readonly Hierarchy[]): string[] {
  const names = all.flatMap(({ path }) => {
    try {
      return readdirSync(join(path, CGROUP_ROOT), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name);
    } catch {
      return [];
    }
  });
  return [...new Set(names)];
}
