import { readdir, readFile, readlink } from 'node:fs/promises';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { engineNotStopped } from './errors.ts';
import type { EngineProcess } from './model.ts';

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Words of a process's command line; empty when it is gone or a kernel thread. */
export const commandOf = async (pid: number): Promise<string[]> =>
  (await text(`/proc/${pid}/cmdline`)).split('\0').filter((word) => word !== '');

export async function pids(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

const isZombie = async (pid: number): Promise<boolean> =>
  / Z /.test((await text(`/proc/${pid}/stat`)).replace(/^.*\)/, ''));

/** Whether the process shares our network: one in another network namespace is another host's (a lab's, a container's). */
async function isNeighbour(pid: number): Promise<boolean> {
  const [own, theirs] = await Promise.all(
    ['self', pid].map((who) => readlink(`/proc/${who}/ns/net`).catch(() => '')),
  );
  return own === theirs && !(await isZombie(pid));
}

/** Every dockerd of this host. */
export async function engines(): Promise<EngineProcess[]> {
  const found: EngineProcess[] = [];
  for (const pid of await pids()) {
    if ((await text(`/proc/${pid}/comm`)).trim() !== 'dockerd' || !(await isNeighbour(pid))) continue;
    found.push({ pid, command: await commandOf(pid) });
  }
  return found;
}

const isAlive = async (pid: number): Promise<boolean> =>
  (await commandOf(pid)).length > 0 && !(await isZombie(pid));

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone meanwhile
  }
}

async function isGone(pid: number, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (await isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

/** Asks the process to end, and ends it when it does not within the time. */
export async function end(pid: number, graceMs: number): Promise<Outcome<void>> {
  signal(pid, 'SIGTERM');
  if (await isGone(pid, graceMs)) return;
  signal(pid, 'SIGKILL');
  if (!(await isGone(pid, 10_000))) return engineNotStopped(pid);
}

/** Ends every process of this host that `which` names by its command line, all at once. */
export async function endAll(
  which: (command: readonly string[]) => boolean,
  graceMs: number,
): Promise<Outcome<void>> {
  const doomed: number[] = [];
  for (const pid of await pids()) {
    if (pid !== process.pid && which(await commandOf(pid)) && (await isNeighbour(pid))) doomed.push(pid);
  }
  const ended = await Promise.all(doomed.map((pid) => end(pid, graceMs)));
  return ended.find(isRefusal);
}
