import type { Outcome } from '../../kernel/refusal.ts';
import { type Step, step, stepsOf } from '../../kernel/step.ts';
import type { Millis } from '../../kernel/time.ts';
import { erasureCancelled, erasureEarly } from './errors.ts';
import type { ErasureFacts } from './model.ts';

const own = stepsOf('erasure');

/** What runs and what is reached from outside. */
function withdraw(facts: ErasureFacts): Step[] {
  const { projectId } = facts;
  const steps = facts.apps
    .filter(({ deleted }) => !deleted)
    .map(({ id }) => step('apps', 'forget', id, 'Take an app off the edge', { appId: id }));
  if (facts.apps.length > 0 && !facts.edgeTold)
    steps.push(step('edge', 'sync', 'erased', 'Tell the edge', {}));
  if (facts.running.length > 0)
    steps.push(
      own('stopAll', projectId, `End ${facts.running.length} services and containers`, { projectId }),
    );
  for (const { id } of facts.apps.filter(({ hasSlot }) => hasSlot))
    steps.push(step('apps', 'freeSlot', id, 'Free its place at the edge', { appId: id }));
  return steps;
}

/** What lies on disks: storage with databases and volumes, images, sources, caches. */
function remove(facts: ErasureFacts): Step[] {
  const { projectId, erasureId } = facts;
  const steps: Step[] = [];
  if (facts.storageExists)
    steps.push(
      step('volumes', 'destroyStorage', projectId, 'Destroy the encrypted storage and its key', {
        projectId,
      }),
    );
  if (facts.networkExists)
    steps.push(step('network', 'removeProject', projectId, 'Remove the network', { projectId }));
  if (facts.localImages > 0)
    steps.push(
      own('removeImages', projectId, `Remove ${facts.localImages} images from this node`, {
        repositories: facts.inventory?.images ?? [],
      }),
    );
  for (const repository of facts.registryRepositories)
    steps.push(
      own('forgetRepository', repository, 'Remove images and their layers from the registry', { repository }),
    );
  if (facts.filesLeft > 0)
    steps.push(
      own('removeFiles', projectId, `Remove ${facts.filesLeft} files of sources, builds and caches`, {
        projectId,
        erasureId,
      }),
    );
  return steps;
}

/**
 * From whatever is left to nothing: what runs, what lies on disks, the key (which is how it reaches backups that nobody
 * can delete), the rows, and last the certificate. It is planned from what is seen, so the certificate is written only
 * when nothing was found any more.
 */
export function planErasure(facts: ErasureFacts, now: Millis): Outcome<readonly Step[]> {
  const { erasureId, projectId, status } = facts;
  if (status === 'done') return [];
  if (status === 'cancelled') return erasureCancelled();
  if (status === 'waiting' && now < facts.eraseAfter)
    return erasureEarly(new Date(facts.eraseAfter).toISOString());
  if (status === 'waiting' || !facts.inventory)
    return [own('begin', erasureId, 'Take stock and keep it from starting again', { erasureId, projectId })];
  const steps = [...withdraw(facts), ...remove(facts)];
  if (facts.keyAlive)
    steps.push(
      step('keys', 'destroyProjectKey', projectId, "Destroy the project's key: its backups open no more", {
        projectId,
      }),
    );
  if (facts.projectExists) steps.push(own('eraseRows', erasureId, 'Remove every row of it', { erasureId }));
  steps.push(own('certify', erasureId, 'Issue the certificate of erasure', { erasureId }));
  return steps;
}
