import { rm } from 'node:fs/promises';
import type { ExportsDeps } from './deps.ts';
import * as store from './store.ts';
import { exportFile } from './write.ts';

/** Removes exports that nobody came for in time. */
export async function dropOldExports(deps: Pick<ExportsDeps, 'db' | 'dir'>, now: Date): Promise<number> {
  const old = await store.expire(deps.db, now);
  for (const id of old) await rm(exportFile(deps.dir, id), { force: true });
  return old.length;
}
