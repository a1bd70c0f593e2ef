import { join, normalize } from 'node:path';
import { openBelow, openDirectory } from '../../../adapters/below/directory.ts';
import type { Directory } from '../../../adapters/below/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { storagePath, volumeDirectory } from '../../volumes/model.ts';
import { treeDifferences } from '../compare.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound, notEqual, ofAnotherProject, pathMissing, sourceGone } from '../errors.ts';
import { TreeManifest } from '../model.ts';
import * as store from '../store.ts';
import { hashTree } from '../tree.ts';
import { progress } from './progress.ts';
import { putAllBack, putPathBack } from './put-back.ts';
import { noting, opened } from './repositories.ts';

/** What was restored, the volume that it goes to, and a new directory for what is there now: all open. */
async function putBack(
  places: { readonly target: string; readonly from: string; readonly storage: string; readonly to: string },
  path: string | null,
): Promise<Outcome<void>> {
  const base = await openDirectory(places.target);
  const held: (Directory | undefined)[] = [base];
  try {
    const staged = await openBelow(places.target, places.from);
    held.push(staged);
    if (!base || !staged) return pathMissing(path ?? '.');
    const live = await openBelow(places.storage, places.to);
    held.push(live);
    if (!live) return sourceGone('volume');
    const old = await base.make('old', { mode: 0o700, owner: process.getuid?.() ?? 0 });
    held.push(old);
    if (!old) throw new Error('the place to restore to is in use');
    return await (path === null ? putAllBack(staged, live, old) : putPathBack(staged, live, old, path));
  } finally {
    for (const one of held) await one?.close();
  }
}

/**
 * Puts the files of a volume back, all of them or what is below one path: first beside, compared, then by renaming. The
 * volume's own directory stays, as containers have it mounted. They may write there all the while: no link is followed.
 */
export async function restoreVolume(
  deps: BackupsDeps,
  input: { readonly backupId: string; readonly volumeId: string; readonly path: string | null },
  context: StepContext,
): Promise<Outcome<void>> {
  const backup = await store.backup(deps.db, input.backupId);
  const volume = await store.volumeRow(deps.db, input.volumeId);
  if (backup?.kind !== 'volume') return backupNotFound(input.backupId);
  if (!volume || volume.deleted_at) return sourceGone('volume');
  if (backup.project_id !== volume.project_id) return ofAnotherProject();
  const row = await store.repository(deps.db, backup.repository_id);
  const repository = row ? await opened(deps, row) : backupNotFound(backup.id);
  if (isRefusal(repository)) return repository;
  const base = `spool/restore-${context.operation.id}`;
  const cleared = await deps.scratch.remove(volume.project_id, base);
  if (isRefusal(cleared)) return cleared;
  const target = await deps.scratch.make(volume.project_id, base, 0);
  if (isRefusal(target)) return target;
  const inside = input.path === null ? '' : normalize(`/${input.path}`).replaceAll(/^\/|\/$/g, '');
  const from = storagePath(backup.project_id, volumeDirectory(backup.source_id!));
  try {
    const restored = await deps.restic.restore(repository, backup.snapshot_id, {
      target,
      ...(inside ? { include: [join(from, inside)] } : {}),
      signal: context.signal,
      onProgress: progress(context.log, volume.name),
    });
    const passed = await noting(deps, { id: row!.vault_id, name: row!.vault }, restored);
    if (isRefusal(passed)) return passed;
    if (!inside) {
      const found = await hashTree(join(target, from));
      if (isRefusal(found)) return found;
      const differences = treeDifferences(TreeManifest.parse(backup.manifest), found);
      if (differences.length > 0) return notEqual(differences);
      await store.restoredEqual(deps.db, backup.id);
    }
    const storage = storagePath(volume.project_id, '');
    const to = volumeDirectory(volume.id);
    return await putBack({ target, from, storage, to }, inside || null);
  } finally {
    await deps.scratch.remove(volume.project_id, base);
  }
}
