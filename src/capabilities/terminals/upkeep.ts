import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TerminalsDeps } from './deps.ts';
import * as store from './store.ts';

/** Closes what was cut off, drops what has expired, and removes files that no recording has any more. */
export async function keepRecordings(deps: Pick<TerminalsDeps, 'db' | 'recordings'>): Promise<void> {
  // Looked at first: a file that is made meanwhile is left alone.
  const files = await readdir(deps.recordings).catch(() => []);
  await store.closeInterrupted(deps.db);
  await store.dropExpired(deps.db);
  const known = await store.knownRecordings(deps.db);
  for (const file of files)
    if (!known.has(file.replace(/\.cast$/, ''))) await rm(join(deps.recordings, file), { force: true });
}
