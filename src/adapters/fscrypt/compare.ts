import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const PIECE = 1024 * 1024;
/** Nobody else writes there; a link or a pipe would still not be opened. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** All of it but what a file system decides by itself: inode, change time, size of a directory. */
const shown = (stats: Stats): string => {
  const own = [stats.mode, stats.uid, stats.gid, stats.rdev];
  return (stats.isDirectory() ? own : [...own, stats.nlink, stats.size, Math.floor(stats.mtimeMs)]).join();
};

async function sameBytes(one: string, other: string): Promise<boolean> {
  const [a, b] = [await open(one, FLAGS), await open(other, FLAGS)];
  try {
    const [left, right] = [Buffer.alloc(PIECE), Buffer.alloc(PIECE)];
    for (let at = 0; ; ) {
      const { bytesRead: length } = await a.read(left, 0, PIECE, at);
      const { bytesRead: also } = await b.read(right, 0, PIECE, at);
      if (length !== also || !left.subarray(0, length).equals(right.subarray(0, length))) return false;
      if (length === 0) return true;
      at += length;
    }
  } finally {
    await a.close();
    await b.close();
  }
}

/**
 * The first path below that differs between two trees, in content, names, owner, rights, links or times; undefined
 * where they are equal. The directories themselves are not compared, what is in them is.
 */
export async function firstDifference(
  one: string,
  other: string,
  signal: AbortSignal,
  path = '.',
): Promise<string | undefined> {
  signal.throwIfAborted();
  const [names, others] = [await readdir(join(one, path)), await readdir(join(other, path))];
  if (names.sort().join('\0') !== others.sort().join('\0')) return path;
  for (const name of names) {
    const below = join(path, name);
    const [a, b] = [join(one, below), join(other, below)];
    const [left, right] = [await lstat(a), await lstat(b)];
    if (shown(left) !== shown(right)) return below;
    if (left.isSymbolicLink() && (await readlink(a)) !== (await readlink(b))) return below;
    if (left.isFile() && !(await sameBytes(a, b))) return below;
    const inside = left.isDirectory() ? await firstDifference(one, other, signal, below) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}
