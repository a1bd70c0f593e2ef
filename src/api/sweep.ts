import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '../kernel/time.ts';

/** Milliseconds after which an uploaded archive that nobody deployed is removed. */
export const UPLOAD_AGE = 24 * 3_600_000;
const OURS = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Removes uploads that are too old; answers how many. Files that are not ours stay. */
export async function sweepUploads(directory: string, now: Millis): Promise<number> {
  let removed = 0;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const found = OURS.test(name) ? await stat(path).catch(() => undefined) : undefined;
    if (!found || now - found.mtimeMs < UPLOAD_AGE) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
