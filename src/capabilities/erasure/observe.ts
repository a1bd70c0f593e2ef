import { repositoryExists } from '../../adapters/registry/forget.ts';
import { stepDone } from '../../engine/once.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { projectNetwork } from '../network/model.ts';
import type { ErasureDeps } from './deps.ts';
import { erasureGone } from './errors.ts';
import { filesOf } from './files.ts';
import { type ErasureFacts, Inventory } from './model.ts';
import * as store from './store.ts';

const LABEL = 'bastide.project';

/** Names of the project's services and of its containers that belong to none. */
export async function runningOf(
  { engine }: Pick<ErasureDeps, 'engine'>,
  projectId: string,
): Promise<Outcome<{ services: string[]; containers: string[] }>> {
  const services = await engine.services({ [LABEL]: projectId });
  if (isRefusal(services)) return services;
  const containers = await engine.containers({ [LABEL]: projectId });
  if (isRefusal(containers)) return containers;
  return { services: services.map(({ name }) => name), containers: containers.map(({ name }) => name) };
}

/** References of this node's images that belong to one of the repositories. */
export async function imagesOf(
  { engine }: Pick<ErasureDeps, 'engine'>,
  repositories: readonly string[],
): Promise<Outcome<string[]>> {
  const images = await engine.images();
  if (isRefusal(images)) return images;
  return images
    .flatMap(({ digests }) => digests)
    .filter((digest) => repositories.some((repository) => digest.includes(`/${repository}@`)));
}

/** What is left of the project, wherever it may be. */
export async function observeErasure(
  deps: ErasureDeps,
  erasureId: string,
  operationId: string,
): Promise<Outcome<ErasureFacts>> {
  const row = await store.findErasure(deps.db, erasureId);
  if (!row) return erasureGone();
  const projectId = row.project_id;
  const inventory = row.inventory === null ? null : Inventory.parse(row.inventory);
  const running = await runningOf(deps, projectId);
  if (isRefusal(running)) return running;
  const images = await imagesOf(deps, inventory?.images ?? []);
  if (isRefusal(images)) return images;
  const networks = await deps.engine.networks();
  if (isRefusal(networks)) return networks;
  const registryRepositories: string[] = [];
  for (const repository of inventory?.images ?? [])
    if (await repositoryExists(deps.registryData, repository)) registryRepositories.push(repository);
  return {
    erasureId,
    projectId,
    status: row.status,
    eraseAfter: row.erase_after.getTime(),
    inventory,
    projectExists: await store.projectExists(deps.db, projectId),
    apps: await store.appsOf(deps.db, projectId),
    running: [...running.services, ...running.containers],
    localImages: images.length,
    networkExists: networks.some(({ name }) => name === projectNetwork(projectId)),
    storageExists: await deps.storageExists(projectId),
    registryRepositories,
    filesLeft: inventory ? (await filesOf(deps, projectId, inventory)).length : 0,
    keyAlive: await store.keyAlive(deps.db, projectId),
    edgeTold: await stepDone(deps.db, operationId, 'edge.sync:erased'),
  };
}
