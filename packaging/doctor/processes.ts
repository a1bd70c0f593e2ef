import { readdir, readFile, readlink } from 'node:fs/promises';

export interface ProcessSeen {
  readonly pid: number;
  /** Words separated by NUL. */
  readonly cmdline: string;
}

/** The programs that hold these sockets, by socket number. Processes that we may not look at are left out. */
export async function holdersOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => holdings(pid, inodes).catch(() => [])));
  return new Map(found.flat());
}

async function holdings(pid: string, inodes: ReadonlySet<string>): Promise<[string, string][]> {
  const files = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(files.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  const held = links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  const ours = held.filter((inode) => inodes.has(inode));
  if (ours.length === 0) return [];
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
  return ours.map((inode) => [inode, name]);
}

/** Processes in our own network namespace: another one's ports and engines are not in our way. */
export async function processesHere(): Promise<ProcessSeen[]> {
  const ours = await readlink('/proc/self/ns/net');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(
    pids.map(async (pid) => {
      try {
        if ((await readlink(`/proc/${pid}/ns/net`)) !== ours) return [];
        return [{ pid: Number(pid), cmdline: await readFile(`/proc/${pid}/cmdline`, 'utf8') }];
      } catch {
        // Gone in the meantime, or not ours to look at.
        return [];
      }
    }),
  );
  return seen.flat();
}
