import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from './deps.ts';
import type { SearchedPlace } from './model.ts';
import { count, formsOf, unmask } from './needles.ts';

const CHUNK = 4 * 1024 * 1024;
const ZEROS = Buffer.alloc(CHUNK + 4096);

const isEmpty = (piece: Buffer): boolean => piece.equals(ZEROS.subarray(0, piece.length));

interface Tally {
  bytes: number;
  hits: number;
  unread: string | undefined;
}

/** What is looked for, and the one buffer it is looked for in: layers hold tens of thousands of small files. */
interface Search {
  readonly needles: readonly Buffer[];
  readonly overlap: number;
  readonly buffer: Buffer;
  readonly signal: AbortSignal;
}

/** Where a file of the process table may end while it is read; elsewhere a file that vanishes was not looked at. */
const FLEETING = /^\/proc\//;

/** Reads one file or device from first to last byte. */
async function scanFile(path: string, search: Search, tally: Tally): Promise<void> {
  const { needles, overlap, buffer, signal } = search;
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    // What became a pipe since it was looked at is nothing to read, and nothing to wait for.
    const found = await handle.stat();
    if (!found.isFile() && !found.isBlockDevice()) return;
    let kept = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, kept, CHUNK);
      if (bytesRead === 0) {
        tally.hits += count(buffer.subarray(0, kept), needles, kept);
        return;
      }
      tally.bytes += bytesRead;
      const end = kept + bytesRead;
      const piece = buffer.subarray(0, end);
      // Images are mostly holes. A hit that begins in the part that is kept is counted with the next piece, once.
      if (!isEmpty(piece)) tally.hits += count(piece, needles, Math.max(0, end - overlap));
      kept = Math.min(overlap, end);
      buffer.copy(buffer, 0, end - kept, end);
    }
  } finally {
    await handle.close();
  }
}

/**
 * Everything below a path, names and links too: a canary in a file's name is as readable as one in a file. Other file
 * systems that are mounted below are not entered: a container's assembled root repeats its layers. A device below is a
 * name for what lies elsewhere (the engine makes one for its own disk); one that is a place itself is read.
 */
async function scan(path: string, search: Search, tally: Tally, device?: number): Promise<void> {
  const { needles, signal } = search;
  try {
    tally.hits += count(Buffer.from(path), needles, path.length);
    const found = await lstat(path);
    if (found.isDirectory()) {
      if (device !== undefined && found.dev !== device) return;
      for (const name of await readdir(path))
        await scan(join(path, name), search, tally, device ?? found.dev);
    } else if (found.isSymbolicLink()) {
      const target = await readlink(path);
      tally.hits += count(Buffer.from(target), needles, target.length);
    } else if (found.isFile() || (found.isBlockDevice() && device === undefined)) {
      await scanFile(path, search, tally);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') {
      if (FLEETING.test(path)) return;
      // Containers come and go below the engine's root; a place itself has to be there.
      if (tally.bytes > 0) return;
    }
    tally.unread ??= `${path}: ${code ?? (error as Error).message}`;
  }
}

/**
 * Counts a canary, in every form that it may have, in each place. The needle never leaves this process: it is in no
 * argv, no file and no row. The last bytes of a file that are shorter than the longest form are searched too.
 */
export async function searchFor(
  token: { mask: string; masked: string },
  places: readonly Place[],
  signal: AbortSignal,
): Promise<SearchedPlace[]> {
  const needles = formsOf(unmask(token));
  const overlap = Math.max(...needles.map((needle) => needle.length)) - 1;
  const search: Search = { needles, overlap, buffer: Buffer.alloc(overlap + CHUNK), signal };
  const searched: SearchedPlace[] = [];
  for (const { place, paths } of places) {
    const tally: Tally = { bytes: 0, hits: 0, unread: undefined };
    for (const path of paths) await scan(path, search, tally);
    searched.push({ place, bytes: tally.bytes, hits: tally.hits, unread: tally.unread ?? null });
  }
  return searched;
}
