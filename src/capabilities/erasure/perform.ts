import { forgetRepository } from '../../adapters/registry/forget.ts';
import type { Perform, StepContext } from '../../engine/capability.ts';
import { submit } from '../../engine/submit.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { KEEP_OLD_ROOT_MS, ROOT_KEY_TARGET } from '../keys/model.ts';
import { certificateOf } from './certificate.ts';
import type { ErasureDeps } from './deps.ts';
import { erasureGone, erasureStepUnknown } from './errors.ts';
import { filesOf, removeFiles } from './files.ts';
import { ErasureStep, Inventory } from './model.ts';
import { imagesOf, runningOf } from './observe.ts';
import * as store from './store.ts';

const done = async (work: Promise<unknown>): Promise<Outcome<void>> => {
  await work;
  return undefined;
};

async function stopAll(deps: ErasureDeps, projectId: string): Promise<Outcome<void>> {
  const running = await runningOf(deps, projectId);
  if (isRefusal(running)) return running;
  for (const name of running.services) {
    const gone = await deps.engine.serviceRemove(name);
    if (isRefusal(gone)) return gone;
  }
  // Those of services end with them; the others are ours to end.
  const left = await runningOf(deps, projectId);
  if (isRefusal(left)) return left;
  for (const name of left.containers) {
    const gone = await deps.engine.containerRemove(name);
    if (isRefusal(gone)) return gone;
  }
  return undefined;
}

async function removeImages(deps: ErasureDeps, repositories: readonly string[]): Promise<Outcome<void>> {
  const images = await imagesOf(deps, repositories);
  if (isRefusal(images)) return images;
  for (const reference of images) {
    const gone = await deps.engine.imageRemove(reference);
    if (isRefusal(gone)) return gone;
  }
  return undefined;
}

/**
 * Signs what was removed, closes the erasure and asks for a new root key, in one transaction: the platform's own
 * backups hold the project's key as the old root key wrapped it.
 */
async function certify(deps: ErasureDeps, erasureId: string, context: StepContext): Promise<Outcome<void>> {
  const row = await store.findErasure(deps.db, erasureId);
  if (!row?.began_at || row.inventory === null) return erasureGone();
  const ids = await deps.roots.ids();
  if (isRefusal(ids)) return ids;
  const now = new Date();
  const certificate = certificateOf({
    erasureId,
    platform: deps.domain,
    organizationId: row.organization_id,
    project: { id: row.project_id, name: row.project_name },
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    beganAt: row.began_at.toISOString(),
    finishedAt: now.toISOString(),
    inventory: Inventory.parse(row.inventory),
    rootKeyIds: ids,
    rootKeysDestroyedBy: new Date(now.getTime() + KEEP_OLD_ROOT_MS + 86_400_000).toISOString().slice(0, 10),
  });
  const signature = deps.signer.sign(certificate);
  await deps.db.transaction().execute(async (tx) => {
    await store.close(tx, erasureId, { certificate, signature, publicKey: deps.signer.publicKey });
    await submit(tx, {
      kind: 'keys.rotate-root',
      target: ROOT_KEY_TARGET,
      organizationId: null,
      input: {},
      actor: context.operation.requestedBy,
      reason: `erasure ${erasureId}`,
    });
  });
  return undefined;
}

/** Performs the steps of erasure. */
export const performErasure =
  (deps: ErasureDeps): Perform =>
  async (step, context) => {
    switch (step.kind) {
      case 'begin': {
        const { erasureId, projectId } = ErasureStep.begin.parse(step.input);
        return done(store.begin(deps.db, erasureId, await store.takeStock(deps.db, projectId)));
      }
      case 'stopAll':
        return stopAll(deps, ErasureStep.stopAll.parse(step.input).projectId);
      case 'removeImages':
        return removeImages(deps, ErasureStep.removeImages.parse(step.input).repositories);
      case 'forgetRepository': {
        const { repository } = ErasureStep.forgetRepository.parse(step.input);
        const blobs = await forgetRepository(deps.registryData, repository);
        context.log(`${blobs} layers and manifests removed from the registry`, 'erasure');
        return undefined;
      }
      case 'removeFiles': {
        const { erasureId, projectId } = ErasureStep.removeFiles.parse(step.input);
        const row = await store.findErasure(deps.db, erasureId);
        if (!row) return erasureGone();
        return done(removeFiles(await filesOf(deps, projectId, Inventory.parse(row.inventory))));
      }
      case 'eraseRows':
        return done(store.eraseRows(deps.db, ErasureStep.eraseRows.parse(step.input).erasureId));
      case 'certify':
        return certify(deps, ErasureStep.certify.parse(step.input).erasureId, context);
      default:
        return erasureStepUnknown(step.kind);
    }
  };
