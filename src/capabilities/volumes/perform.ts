import type { Perform } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { VolumesDeps } from './deps.ts';
import { dropDirectory, makeDirectory } from './directories.ts';
import { stepUnknown, stillRunning, storageNotReady } from './errors.ts';
import { hostUserOf, storagePath, VolumesStep } from './model.ts';
import { runningTasks, storageReady } from './observe.ts';
import { abandonRekey, copyToNextKey, prepareRekey, switchKey } from './rekey.ts';
import { destroyStorage, lockStorage, openStorage, resizeStorage } from './storage.ts';
import * as store from './store.ts';

/** Longer than any of our services takes to stop: a database writes down what it has. */
const STOP_MS = 150_000;

async function untilStopped(
  deps: VolumesDeps,
  projectId: string,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const deadline = Date.now() + STOP_MS;
  while (!signal.aborted) {
    const running = await runningTasks(deps, projectId);
    if (isRefusal(running)) return running;
    if (running.length === 0) return;
    if (Date.now() > deadline) return stillRunning(running);
    await sleep(250, signal);
  }
}

/** Performs the steps of VolumesStep. */
export function makeVolumesPerform(deps: VolumesDeps): Perform {
  return async ({ kind, input }, context) => {
    switch (kind) {
      case 'ensureStorage':
        return openStorage(deps, VolumesStep.ensureStorage.parse(input).projectId);
      case 'ensureDirectory': {
        const { projectId, path, uid } = VolumesStep.ensureDirectory.parse(input);
        if (!(await storageReady(deps, projectId))) return storageNotReady(projectId);
        return makeDirectory(storagePath(projectId, '.'), path, hostUserOf(uid));
      }
      case 'removeDirectory': {
        const { projectId, path } = VolumesStep.removeDirectory.parse(input);
        if (!(await storageReady(deps, projectId))) return storageNotReady(projectId);
        return dropDirectory(storagePath(projectId, '.'), path);
      }
      case 'volumeReady':
        return store.volumeReady(deps.db, VolumesStep.volumeReady.parse(input).volumeId);
      case 'forgetVolume':
        return store.forgetVolume(deps.db, VolumesStep.forgetVolume.parse(input).volumeId);
      case 'scaleService': {
        const { service, replicas } = VolumesStep.scaleService.parse(input);
        return deps.engine.serviceScale(service, replicas);
      }
      case 'awaitStopped':
        return untilStopped(deps, VolumesStep.awaitStopped.parse(input).projectId, context.signal);
      case 'lockStorage':
        return lockStorage(deps, VolumesStep.lockStorage.parse(input).projectId);
      case 'resizeStorage':
        return resizeStorage(deps, VolumesStep.resizeStorage.parse(input).projectId);
      case 'rekeyPrepare':
        return prepareRekey(deps, VolumesStep.rekeyPrepare.parse(input).projectId);
      case 'rekeyCopy':
        return copyToNextKey(deps, VolumesStep.rekeyCopy.parse(input).projectId, context);
      case 'rekeySwitch':
        return switchKey(deps, VolumesStep.rekeySwitch.parse(input).projectId);
      case 'rekeyAbandon':
        return abandonRekey(deps, VolumesStep.rekeyAbandon.parse(input).projectId);
      case 'destroyStorage':
        return destroyStorage(deps, VolumesStep.destroyStorage.parse(input).projectId);
      default:
        return stepUnknown(kind);
    }
  };
}
