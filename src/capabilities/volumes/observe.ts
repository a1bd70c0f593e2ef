import { lstat } from 'node:fs/promises';
import type { ImageFacts } from '../../adapters/fscrypt/port.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { VolumesDeps } from './deps.ts';
import type { ProjectService, StorageFacts, VolumeFacts } from './facts.ts';
import { storagePath, storagePlace, volumeDirectory } from './model.ts';
import * as store from './store.ts';

const PROJECT = 'bastide.project';
const ENDED = new Set(['complete', 'failed', 'rejected', 'shutdown', 'orphaned', 'remove']);

/** Mounted, with its key in the kernel: only where the key was asked for. */
export const isOpen = (facts: ImageFacts): boolean => facts.mounted && facts.key === 'present';

/** Whether the project's storage is mounted and its key in the kernel: what `ensureStorage` brings about. */
export async function storageReady(
  deps: Pick<VolumesDeps, 'db' | 'images'>,
  projectId: string,
): Promise<boolean> {
  const row = await store.findStorage(deps.db, projectId);
  if (!row?.keyId) return false;
  const facts = await deps.images.facts(storagePlace(projectId), row.keyId);
  return !isRefusal(facts) && isOpen(facts);
}

/** Whether a directory of the storage is there and was given to its user: what `ensureDirectory` brings about. */
export async function directoryReady(projectId: string, path: string): Promise<boolean> {
  const there = await lstat(storagePath(projectId, path)).catch(() => undefined);
  return there?.isDirectory() === true && there.uid !== 0;
}

export async function observeVolume(
  deps: Pick<VolumesDeps, 'db' | 'images'>,
  input: { readonly projectId: string; readonly volumeId: string },
): Promise<VolumeFacts> {
  const row = await store.findVolume(deps.db, input.volumeId);
  return {
    storageReady: await storageReady(deps, input.projectId),
    volume: row && { ready: row.state === 'ready' },
    directoryReady: await directoryReady(input.projectId, volumeDirectory(input.volumeId)),
  };
}

/** Services whose tasks have not ended, by name. */
export async function runningTasks(
  deps: Pick<VolumesDeps, 'engine'>,
  projectId: string,
): Promise<Outcome<readonly string[]>> {
  const tasks = await deps.engine.tasks({ [PROJECT]: projectId });
  if (isRefusal(tasks)) return tasks;
  return tasks.filter(({ state }) => !ENDED.has(state)).map(({ service }) => service);
}

/** What runs in the project but for one-off commands, with the replicas that it has when it is not suspended. */
async function servicesOf(deps: VolumesDeps, projectId: string): Promise<Outcome<readonly ProjectService[]>> {
  const services = await deps.engine.services({ [PROJECT]: projectId });
  if (isRefusal(services)) return services;
  const formations = await store.formationsOf(deps.db, projectId);
  return services
    .filter(({ labels }) => labels['bastide.one-off'] === undefined)
    .map(({ name, replicas, labels }) => {
      const process = labels['bastide.process'];
      const formation = formations.get(labels['bastide.app'] ?? '');
      const wanted = process === undefined ? 1 : (formation?.[process] ?? (process === 'web' ? 1 : 0));
      return { name, replicas, wanted };
    });
}

export async function observeStorage(
  deps: VolumesDeps,
  { projectId }: { readonly projectId: string },
): Promise<Outcome<StorageFacts>> {
  const row = await store.findStorage(deps.db, projectId);
  const services = await servicesOf(deps, projectId);
  if (isRefusal(services)) return services;
  const running = await runningTasks(deps, projectId);
  if (isRefusal(running)) return running;
  const image = await deps.images.facts(storagePlace(projectId), row?.keyId ?? undefined);
  if (isRefusal(image)) return image;
  return {
    suspended: row?.suspended,
    stored: image.exists,
    mounted: image.mounted || image.devices.length > 0,
    unlocked: image.mounted && image.key !== 'absent',
    services,
    running,
  };
}
