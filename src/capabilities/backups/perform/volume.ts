import { isLinked } from '../../../adapters/below/directory.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { storagePath, storagePlace, volumeDirectory } from '../../volumes/model.ts';
import type { BackupsDeps } from '../deps.ts';
import { sourceGone, sourceLinked } from '../errors.ts';
import * as store from '../store.ts';
import { type Hashes, hashTree } from '../tree.ts';
import { withFrozen } from './freeze.ts';
import { progress } from './progress.ts';
import type { Taken, Taking } from './take.ts';

/**
 * Twice: first while it is in use, then, at a standstill, what changed meanwhile. Only the second one is the backup:
 * it and its hash are of one moment.
 */
export async function takeVolume(
  deps: BackupsDeps,
  volumeId: string,
  { repository, parent, tags, context }: Taking,
): Promise<Outcome<Taken>> {
  const row = await store.volumeRow(deps.db, volumeId);
  if (!row || row.deleted_at) return sourceGone('volume');
  const path = storagePath(row.project_id, volumeDirectory(volumeId));
  if (await isLinked(storagePath(row.project_id, ''), volumeDirectory(volumeId)))
    return sourceLinked(row.name);
  const hashes: Hashes = new Map();
  const { signal } = context;
  const first = await deps.restic.backupPaths(repository, {
    paths: [path],
    seeing: [path],
    tags: [...tags, 'pass:1'],
    ...(parent ? { parent } : {}),
    signal,
    onProgress: progress(context.log, row.name),
  });
  // What vanished while it was read is no matter: this is not the backup yet.
  const made = isRefusal(first) ? first.details?.snapshot : first.snapshot;
  if (isRefusal(first) && (first.code !== 'restic_source_unreadable' || typeof made !== 'string'))
    return first;
  const read = await hashTree(path, { hashes, live: true });
  if (isRefusal(read)) return read;

  return withFrozen(deps.run, storagePlace(row.project_id).mount, async (late) => {
    const takenAt = deps.now();
    const manifest = await hashTree(path, { hashes });
    if (isRefusal(manifest)) return manifest;
    const saved = await deps.restic.backupPaths(repository, {
      paths: [path],
      seeing: [path],
      tags,
      parent: String(made),
      signal: AbortSignal.any([signal, late]),
    });
    return isRefusal(saved) ? saved : { saved, manifest, wal: null, takenAt };
  });
}
