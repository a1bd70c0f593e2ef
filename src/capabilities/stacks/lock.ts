import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sleep } from '../../kernel/time.ts';

const holder = async (pid: number | string): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The 22nd field is the start time; with it a reused process id does not look like the old holder.
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${started}`;
};

/** Holds a lock file while `work` runs. A lock whose process is gone counts as free. Not for two hosts on one disk. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const mine = await holder(process.pid);
  for (;;) {
    const file = await open(path, 'wx').catch(() => undefined);
    if (file) {
      await file.writeFile(mine);
      await file.close();
      break;
    }
    const theirs = await readFile(path, 'utf8').catch(() => '');
    const [pid] = theirs.split(' ');
    if (pid && (await holder(pid)) !== theirs) await rm(path, { force: true });
    else await sleep(200);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
