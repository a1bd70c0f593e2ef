import { planRelease } from '../../src/capabilities/apps/plan.ts';
import { apply, emptyWorld, type World } from '../../src/capabilities/apps/simulate.ts';
import type { Operation } from '../../src/engine/operation.ts';
import { must } from '../../src/kernel/refusal.ts';

export const NOW = 1_800_000_000_000;

export const operation: Operation = {
  id: 'operation',
  kind: 'apps.deploy',
  target: 'app:a',
  organizationId: 'o',
  projectId: 'p',
  appId: 'a',
  input: {},
  requestedBy: 'bench',
  attempts: 1,
  failure: null,
  cancelRequested: false,
};

const build = { id: 'b', read: false, missingStacks: ['node'], digest: null };

/** An app that has never been deployed, its source uploaded. */
export const firstDeploy = (): World => ({ ...emptyWorld(), build });

/** Plans and takes the first step until nothing is left to do; the world before each step and at the end. */
export function points(start: World): World[] {
  const worlds = [start];
  for (let world = start; ; ) {
    const [next] = must(planRelease(operation, world, NOW));
    if (!next) return worlds;
    world = apply(world, next, NOW);
    worlds.push(world);
    if (worlds.length > 100) throw new Error('the deploy does not end');
  }
}

/** An app whose deploy has ended. */
export const settled = (): World => {
  const last = points(firstDeploy()).at(-1)!;
  return { ...last, candidate: null, build: null };
};

/** An app that runs v1 and whose next source is uploaded. */
export const redeploy = (): World => ({ ...settled(), build });
