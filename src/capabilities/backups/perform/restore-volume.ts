import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { storagePath, volumeDirectory } from '../../volumes/model.ts';
import { treeDifferences } from '../compare.ts';
import type { BackupsDeps } from '../deps.ts';
import { backupNotFound, notEqual, pathMissing, sourceGone } from '../errors.ts';
import { TreeManifest } from '../model.ts';
import * as store from '../store.ts';
import { hashTree } from '../tree.ts';
import { progress } from './progress.ts';
import { noting, opened } from './repositories.ts';

const there = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Every entry of `from` takes its place in `to`; what was there goes to `old`. Renames in one file system. */
async function replaceEntries(from: string, to: string, old: string): Promise<void> {
  await mkdir(old, { recursive: true, mode: 0o700 });
  for (const name of await readdir(to)) await rename(join(to, name), join(old, name));
  for (const name of await readdir(from)) await rename(join(from, name), join(to, name));
}

/**
 * Puts the files of a volume back, all of them or what is below one path: first beside, compared, then by renaming. The
 * volume's own directory stays, as containers have it mounted.
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
  const row = await store.repository(deps.db, backup.repository_id);
  const repository = row ? await opened(deps, row) : backupNotFound(backup.id);
  if (isRefusal(repository)) return repository;
  const base = `spool/restore-${context.operation.id}`;
  const cleared = await deps.scratch.remove(volume.project_id, base);
  if (isRefusal(cleared)) return cleared;
  const target = await deps.scratch.make(volume.project_id, base, 0);
  if (isRefusal(target)) return target;
  const inside = input.path === null ? null : normalize(`/${input.path}`).slice(1);
  const from = storagePath(backup.project_id!, volumeDirectory(backup.source_id!));
  const to = storagePath(volume.project_id, volumeDirectory(volume.id));
  try {
    const restored = await deps.restic.restore(repository, backup.snapshot_id, {
      target,
      ...(inside ? { include: [join(from, inside)] } : {}),
      signal: context.signal,
      onProgress: progress(context.log, volume.name),
    });
    const passed = await noting(deps, { id: row!.vault_id, name: row!.vault }, restored);
    if (isRefusal(passed)) return passed;
    const staged = join(target, from);
    if (inside) {
      if (!(await there(join(staged, inside)))) return pathMissing(inside);
      await mkdir(dirname(join(to, inside)), { recursive: true });
      if (await there(join(to, inside))) {
        await mkdir(join(target, 'old'), { mode: 0o700 });
        await rename(join(to, inside), join(target, 'old', 'entry'));
      }
      await rename(join(staged, inside), join(to, inside));
      return undefined;
    }
    const differences = treeDifferences(TreeManifest.parse(backup.manifest), await hashTree(staged));
    if (differences.length > 0) return notEqual(differences);
    await replaceEntries(staged, to, join(target, 'old'));
    return undefined;
  } finally {
    await rm(join(target, 'old'), { recursive: true, force: true });
    await deps.scratch.remove(volume.project_id, base);
  }
}
