import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import type { ErasureFacts, Inventory } from './model.ts';
import { planErasure } from './plan.ts';

const inventory: Inventory = {
  apps: ['a'],
  databases: [],
  volumes: [],
  builds: [],
  uploads: [],
  exports: [],
  releases: 1,
  configVars: 1,
  backups: 0,
  keys: ['k'],
  repositories: [],
  images: ['apps/a'],
};
const all: ErasureFacts = {
  erasureId: 'e',
  projectId: 'p',
  status: 'erasing',
  eraseAfter: 1000,
  inventory,
  projectExists: true,
  apps: [{ id: 'a', deleted: false, hasSlot: true }],
  running: ['b-web-v1'],
  localImages: 1,
  networkExists: true,
  storageExists: true,
  registryRepositories: ['apps/a'],
  filesLeft: 2,
  keyAlive: true,
  edgeTold: false,
};
const gone: ErasureFacts = {
  ...all,
  projectExists: false,
  apps: [],
  running: [],
  localImages: 0,
  networkExists: false,
  storageExists: false,
  registryRepositories: [],
  filesLeft: 0,
  keyAlive: false,
  edgeTold: true,
};
const steps = (facts: ErasureFacts, now = 2000) =>
  must(planErasure(facts, now)).map((step) => `${step.capability}.${step.kind}`);

describe('an erasure', () => {
  it('removes what serves first, what lies on disks, the key, the rows, and then certifies', () => {
    expect(steps(all)).toEqual([
      'apps.forget',
      'edge.sync',
      'erasure.stopAll',
      'apps.freeSlot',
      'volumes.destroyStorage',
      'network.removeProject',
      'erasure.removeImages',
      'erasure.forgetRepository',
      'erasure.removeFiles',
      'keys.destroyProjectKey',
      'erasure.eraseRows',
      'erasure.certify',
    ]);
  });

  it('certifies only when nothing is found, and then is done', () => {
    expect(steps(gone)).toEqual(['erasure.certify']);
    expect(steps({ ...gone, filesLeft: 1 })[0]).toBe('erasure.removeFiles');
    expect(steps({ ...gone, status: 'done' })).toEqual([]);
  });

  it('takes stock before it touches anything', () => {
    expect(steps({ ...all, status: 'waiting', inventory: null })).toEqual(['erasure.begin']);
    expect(steps({ ...all, inventory: null })).toEqual(['erasure.begin']);
  });

  it.each([
    [{ status: 'waiting' as const }, 500, 'erasure_early'],
    [{ status: 'cancelled' as const }, 2000, 'erasure_cancelled'],
  ])('is refused: %j at %i', (change, now, code) => {
    const refused = planErasure({ ...all, ...change }, now);
    expect(isRefusal(refused) && refused.code).toBe(code);
  });
});
