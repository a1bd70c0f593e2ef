import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { type Step, stepsOf } from '../../kernel/step.ts';
import { projectGone, storageNotSuspended, volumeNotFound } from './errors.ts';
import type { RekeyFacts, StorageFacts, VolumeFacts } from './facts.ts';
import { APP_UID, volumeDirectory } from './model.ts';

const step = stepsOf('volumes');

/** The step that opens a project's storage, for whoever needs it. */
export const ensureStorage = (projectId: string): Step =>
  step('ensureStorage', projectId, "Open the project's encrypted storage", { projectId });

/** The step that makes a directory in it for the container user `uid`. */
export const ensureDirectory = (projectId: string, path: string, uid: number): Step =>
  step('ensureDirectory', path, `Make the directory ${path}`, { projectId, path, uid });

export const removeDirectory = (projectId: string, path: string): Step =>
  step('removeDirectory', path, `Remove the directory ${path} and all in it`, { projectId, path });

interface VolumeInput {
  readonly projectId: string;
  readonly volumeId: string;
}

/** volumes.create: storage, directory, and only then may it be attached. */
export function planCreate(
  operation: Operation,
  { projectId, volumeId }: VolumeInput,
  facts: VolumeFacts,
): Outcome<readonly Step[]> {
  if (operation.failure) return [];
  if (!facts.volume) return volumeNotFound('of this operation');
  if (facts.volume.ready && facts.directoryReady) return [];
  return [
    ...(facts.storageReady ? [] : [ensureStorage(projectId)]),
    ...(facts.directoryReady ? [] : [ensureDirectory(projectId, volumeDirectory(volumeId), APP_UID)]),
    step('volumeReady', volumeId, 'Offer the volume', { volumeId }),
  ];
}

/** volumes.destroy: the data first, then its name. */
export function planDestroy(
  operation: Operation,
  { projectId, volumeId }: VolumeInput,
  facts: VolumeFacts,
): readonly Step[] {
  if (operation.failure || !facts.volume) return [];
  return [
    ...(facts.storageReady ? [] : [ensureStorage(projectId)]),
    ...(facts.directoryReady ? [removeDirectory(projectId, volumeDirectory(volumeId))] : []),
    step('forgetVolume', volumeId, 'Forget the volume', { volumeId }),
  ];
}

/** projects.suspend: everything of the project stops, then its storage is locked. */
export function planSuspend(
  operation: Operation,
  projectId: string,
  facts: StorageFacts,
): Outcome<readonly Step[]> {
  if (operation.failure) return [];
  if (facts.suspended === undefined) return projectGone();
  // Somebody has resumed it meanwhile.
  if (!facts.suspended) return [];
  return [
    ...facts.services
      .filter(({ replicas }) => replicas > 0)
      .map(({ name }) => step('scaleService', `${name}=0`, `Stop ${name}`, { service: name, replicas: 0 })),
    ...(facts.running.length > 0
      ? [step('awaitStopped', projectId, 'Wait until everything has stopped', { projectId })]
      : []),
    ...(facts.mounted || facts.unlocked
      ? [step('lockStorage', projectId, "Lock the project's storage", { projectId })]
      : []),
  ];
}

/** projects.resume: the storage first, so that nothing starts without its data. */
export function planResume(
  operation: Operation,
  projectId: string,
  facts: StorageFacts,
): Outcome<readonly Step[]> {
  if (operation.failure) return [];
  if (facts.suspended === undefined) return projectGone();
  if (facts.suspended) return [];
  return [
    ...(facts.stored && !facts.unlocked ? [ensureStorage(projectId)] : []),
    ...facts.services
      .filter(({ replicas, wanted }) => replicas === 0 && wanted > 0)
      .map(({ name, wanted }) =>
        step('scaleService', `${name}=${wanted}`, `Start ${name}`, { service: name, replicas: wanted }),
      ),
  ];
}

/** volumes.resize. `done`: the file system was told, which is not to be seen from the image's size. */
export function planResize(
  operation: Operation,
  projectId: string,
  facts: StorageFacts & { readonly done: boolean },
): Outcome<readonly Step[]> {
  if (operation.failure) return [];
  if (facts.suspended === undefined) return projectGone();
  if (facts.done) return [];
  // What is not there yet is made as large as wanted.
  if (!facts.stored) return [];
  return [step('resizeStorage', projectId, 'Make the storage larger', { projectId })];
}

/**
 * volumes.rekey. `done`: the new key is the key. Once the new image has taken the old one's place there is only one way,
 * and that is on; before that whatever fails leaves the old image and its key as they were.
 */
export function planRekey(
  operation: Operation,
  projectId: string,
  facts: RekeyFacts & { readonly done: boolean },
): Outcome<readonly Step[]> {
  const rekey = (kind: string, summary: string) => [step(kind, projectId, summary, { projectId })];
  const change = rekey('rekeySwitch', 'Change over to the new image and its key');
  if (facts.changed) return change;
  if (operation.failure)
    return facts.begun ? rekey('rekeyAbandon', 'Give the new key up; the old one goes on') : [];
  if (facts.suspended === undefined) return projectGone();
  if (facts.done || !facts.stored) return [];
  if (facts.copied) return change;
  // Also where somebody wants it back by now: that waits until this has ended.
  if (facts.begun) return rekey('rekeyCopy', 'Copy everything to an image with the new key, and compare');
  return facts.suspended ? rekey('rekeyPrepare', 'Make the new key') : storageNotSuspended();
}
