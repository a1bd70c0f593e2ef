import { statfs } from 'node:fs/promises';
import type { Refusal } from '../kernel/refusal.ts';
import { uploadShareFull, uploadsFull } from './errors.ts';

const GIB = 1024 ** 3;
/** Bytes that stay free on the disk: the platform's own database lies there too. */
const FLOOR = GIB;
/** What one organization's uploads may take of the disk, whatever its quota says. */
const PART = 1 / 4;

interface Disk {
  readonly total: number;
  readonly free: number;
}

/** Bytes of the file system of a directory. */
export async function diskOf(directory: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { total: blocks * bsize, free: bavail * bsize };
}

/**
 * PURE. Why an upload of so many bytes has no room, if it has none. `most`: the organization's quota; `kept`: what the organization has there already or is
 * sending now; `promised`: what all uploads under way may still write.
 */
export function refuseRoom(
  disk: Disk,
  upload: {
    readonly bytes: number;
    readonly most: number;
    readonly kept: number;
    readonly promised: number;
  },
): Refusal | undefined {
  if (disk.free - upload.promised - upload.bytes < FLOOR) return uploadsFull();
  const share = Math.min(upload.most, Math.floor(disk.total * PART));
  return upload.kept + upload.bytes > share ? uploadShareFull(share) : undefined;
}

/** Uploads under way: what was promised to each, until it has ended. */
export function makePromises() {
  const promised = new Map<symbol, { readonly owner: string; readonly bytes: number }>();
  const sum = (owner?: string) =>
    [...promised.values()].reduce((all, one) => all + (owner && one.owner !== owner ? 0 : one.bytes), 0);
  return {
    all: () => sum(),
    of: (owner: string) => sum(owner),
    /** Gives the function that ends it. */
    add(owner: string, bytes: number): () => void {
      const key = Symbol(owner);
      promised.set(key, { owner, bytes });
      return () => void promised.delete(key);
    },
  };
}
