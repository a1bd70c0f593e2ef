import { randomBytes } from 'node:crypto';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { VolumesDeps } from './deps.ts';
import { projectGone, projectSuspended, storageInUse, storageOverQuota, storageRekeying } from './errors.ts';
import { DEFAULT_STORAGE_BYTES, rekeyPlaces, STORAGE_KEY, storagePlace } from './model.ts';
import { runningTasks } from './observe.ts';
import * as store from './store.ts';

/** The kernel takes keys up to this length; half of it is the strength of AES-256-XTS. */
export const KEY_BYTES = 64;

const turns = new Map<string, Promise<unknown>>();

/** One at a time per project: several operations may ask for the same storage at once. */
export function inTurn<T>(projectId: string, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(projectId) ?? Promise.resolve()).then(work, work);
  turns.set(
    projectId,
    mine.catch(() => undefined),
  );
  return mine;
}

const bindingOf = (projectId: string) => ({ owner: projectId, name: STORAGE_KEY });

/** The project's storage key, made at the first need. */
async function keyOf(deps: VolumesDeps, row: store.StorageRow): Promise<Outcome<Secret>> {
  const { db, seal, open } = deps;
  const binding = bindingOf(row.projectId);
  if (row.sealedKey === null) {
    await store.ensureStorageRow(db, row.projectId, row.organizationId);
    const made = new Secret(randomBytes(KEY_BYTES).toString('base64'));
    const saved = await store.saveStorageKey(db, row.projectId, (recipient) =>
      seal(recipient, binding, made),
    );
    if (isRefusal(saved)) return saved;
  }
  // Read again also where it was just made: what is stored is what counts.
  const stored = await store.findStorage(db, row.projectId);
  return stored?.sealedKey ? open(row.projectId, binding, stored.sealedKey) : projectGone();
}

/**
 * The project's storage made, mounted and unlocked; on one that is so, nothing. Refusals: `storage_project_gone`,
 * `storage_project_not_ready`, `storage_locked` where the project is suspended, and those of the images.
 */
export const openStorage = (deps: VolumesDeps, projectId: string): Promise<Outcome<void>> =>
  inTurn(projectId, async () => {
    const row = await store.findStorage(deps.db, projectId);
    if (!row) return projectGone();
    if (row.suspended) return projectSuspended();
    if (row.rekeying) return storageRekeying();
    const key = await keyOf(deps, row);
    if (isRefusal(key)) return key;
    if (row.state === 'none' && (await store.storageOver(deps.db, row.organizationId)))
      return storageOverQuota();
    const place = storagePlace(projectId);
    const made = await deps.images.create(place, row.sizeBytes ?? DEFAULT_STORAGE_BYTES);
    if (isRefusal(made)) return made;
    const opened = await deps.images.open(place, key, row.keyId ?? undefined);
    if (isRefusal(opened)) return opened;
    await store.noteStorage(deps.db, projectId, { state: 'ready', keyId: opened.keyId });
    return undefined;
  });

/** Key out of the kernel, image unmounted and detached. Refuses `storage_busy` while anything uses it. */
export const lockStorage = (deps: VolumesDeps, projectId: string): Promise<Outcome<void>> =>
  inTurn(projectId, async () => {
    const closed = await deps.images.close(storagePlace(projectId));
    if (isRefusal(closed)) return closed;
    await store.noteStorage(deps.db, projectId, { state: 'locked' });
    return undefined;
  });

/**
 * As large as wanted, closed for a moment. Refuses `storage_in_use` before anything is touched: taking the key away
 * would hurt what runs.
 */
export async function resizeStorage(deps: VolumesDeps, projectId: string): Promise<Outcome<void>> {
  const row = await store.findStorage(deps.db, projectId);
  if (!row) return projectGone();
  if (await store.storageOver(deps.db, row.organizationId)) return storageOverQuota();
  const running = await runningTasks(deps, projectId);
  if (isRefusal(running)) return running;
  if (running.length > 0) return storageInUse();
  const grown = await inTurn(projectId, async () => {
    const closed = await deps.images.close(storagePlace(projectId));
    if (isRefusal(closed)) return closed;
    return deps.images.grow(storagePlace(projectId), row.sizeBytes ?? DEFAULT_STORAGE_BYTES);
  });
  // Whatever came of it: what was open is open again.
  const opened = row.suspended ? undefined : await openStorage(deps, projectId);
  return isRefusal(grown) ? grown : opened;
}

/** Image and key, for ever. */
export const destroyStorage = (deps: VolumesDeps, projectId: string): Promise<Outcome<void>> =>
  inTurn(projectId, async () => {
    // Also what a change of its key left that was under way; the image is mounted in one of the two places, if at all.
    const { from, to } = rekeyPlaces(projectId);
    const old = await deps.images.facts(from);
    if (isRefusal(old)) return old;
    const away = old.mounted ? await deps.images.close(from) : undefined;
    if (isRefusal(away)) return away;
    for (const place of [to, storagePlace(projectId)]) {
      const destroyed = await deps.images.destroy(place);
      if (isRefusal(destroyed)) return destroyed;
    }
    await store.forgetStorage(deps.db, projectId);
    return undefined;
  });
