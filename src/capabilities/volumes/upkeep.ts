import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { VolumesDeps } from './deps.ts';
import { storagePlace } from './model.ts';
import { isOpen, runningTasks } from './observe.ts';
import { lockStorage, openStorage } from './storage.ts';
import * as store from './store.ts';

/** What could not be opened or locked, by project. */
export type Problems = ReadonlyMap<string, string>;

/**
 * At boot and from then on: storage of projects that are not suspended is open, that of suspended ones locked. One
 * that refuses keeps no other from it. Also notes what is used.
 */
export async function keepStorage(deps: VolumesDeps): Promise<Outcome<Problems>> {
  const problems = new Map<string, string>();
  for (const row of await store.allStorage(deps.db)) {
    if (row.rekeying) continue;
    const done = row.suspended ? await lockIdle(deps, row.projectId) : await openAgain(deps, row);
    if (isRefusal(done)) problems.set(row.projectId, `${done.code}: ${done.message}`);
  }
  return problems;
}

async function openAgain(
  deps: VolumesDeps,
  { projectId, keyId }: Pick<store.StorageRow, 'projectId' | 'keyId'>,
): Promise<Outcome<void>> {
  let facts = await deps.images.facts(storagePlace(projectId), keyId ?? undefined);
  if (isRefusal(facts) || !isOpen(facts)) {
    const opened = await openStorage(deps, projectId);
    if (isRefusal(opened)) return opened;
    facts = await deps.images.facts(storagePlace(projectId));
    if (isRefusal(facts)) return facts;
  }
  await store.noteStorage(deps.db, projectId, { state: 'ready', usedBytes: facts.usedBytes });
}

async function lockIdle(deps: VolumesDeps, projectId: string): Promise<Outcome<void>> {
  const facts = await deps.images.facts(storagePlace(projectId));
  if (isRefusal(facts)) return facts;
  if (!facts.mounted && facts.devices.length === 0) return;
  const running = await runningTasks(deps, projectId);
  // Its suspension is under way: that operation locks it, after what runs has ended in order.
  if (isRefusal(running) || running.length > 0) return;
  return lockStorage(deps, projectId);
}

/** Gives room that was freed inside back to the disk below. */
export async function trimStorage(deps: VolumesDeps): Promise<void> {
  for (const row of await store.allStorage(deps.db))
    if (!row.suspended) await deps.images.trim(storagePlace(row.projectId));
}
