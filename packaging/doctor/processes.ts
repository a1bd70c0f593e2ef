import { readdir, readFile, readlink } from 'node:fs/promises';

export interface ProcessSeen {
  readonly pid: number;
  /** Words separated by NUL. */
  readonly cmdline: string;
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
