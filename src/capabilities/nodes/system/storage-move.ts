import { lstat, readdir, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Runner } from '../../../adapters/exec/port.ts';
import { runOrRefuse } from '../../../adapters/exec/run.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { copyTree, measureTree } from '../commands.ts';
import { storageMoveFailed, storageMoveRoom } from './errors.ts';

const thereAt = (path: string) => lstat(path).catch(() => undefined);

/** What of the platform's state is encrypted, by directory; an installation from before has them in clear. */
export const STATE_NAMES = [
  ...(['engine', 'containerd', 'postgres', 'postgres-config', 'registry', 'registry-config'] as const),
  ...(['uploads', 'builds', 'edge', 'certificates'] as const),
] as const;

/** Directories of an installation from before its state was encrypted, that have something in them. */
export async function plainState(plain: string, names: readonly string[] = STATE_NAMES): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const entries = await readdir(join(plain, name)).catch(() => []);
    if (entries.length > 0) found.push(name);
  }
  return found;
}

/**
 * Moves that state into the encrypted directory: copied beside, renamed when whole, and only then removed in clear, so
 * that a run that was killed goes on where it was. Nothing may use it meanwhile. What was on the disk in clear stays
 * there until it is written over; that is the price of having started without.
 */
export async function moveIn(
  run: Runner,
  from: string,
  to: string,
  log: (line: string) => void,
  names: readonly string[] = STATE_NAMES,
): Promise<Outcome<void>> {
  for (const name of await plainState(from, names)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (!(await thereAt(target))) {
      const room = await enough(run, source);
      if (isRefusal(room)) return room;
      log(`moves ${source} into encrypted storage`);
      const draft = `${target}.moving`;
      await rm(draft, { recursive: true, force: true });
      const copied = await runOrRefuse(run, copyTree(source, draft));
      if (isRefusal(copied)) return storageMoveFailed(source, copied.message);
      await rename(draft, target);
    }
    await rm(source, { recursive: true, force: true });
  }
  // Empty ones of the same names would only mislead.
  for (const name of names) await rmdir(join(from, name)).catch(() => undefined);
}

/** The image is as sparse as the disk below has room. */
async function enough(run: Runner, source: string): Promise<Outcome<void>> {
  const measured = await runOrRefuse(run, measureTree(source));
  if (isRefusal(measured)) return storageMoveFailed(source, measured.message);
  const needed = Number(/^\d+/.exec(measured.stdout)?.[0] ?? 0);
  const { bavail, bsize } = await statfs(dirname(source));
  if (bavail * bsize < needed * 1.05) return storageMoveRoom(source, needed);
}
