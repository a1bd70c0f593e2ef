import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../engine/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import type { AppFacts, ReleaseFacts } from './facts.ts';
import { planConverge, planDestroy, planRelease } from './plan.ts';
import { apply, emptyWorld, type World } from './simulate.ts';

const NOW = 1_800_000_000_000;

const operation = (over: Partial<Operation> = {}): Operation => ({
  id: 'op',
  kind: 'apps.deploy',
  target: 'app:a',
  organizationId: 'o',
  projectId: 'p',
  appId: 'a',
  input: {},
  requestedBy: 'ada',
  attempts: 1,
  failure: null,
  cancelRequested: false,
  ...over,
});

const release = (version: number, over: Partial<ReleaseFacts> = {}): ReleaseFacts => ({
  id: `r${version}`,
  version,
  status: 'pending',
  traffic: 'none',
  processes: { web: { command: null } },
  hasPhase: false,
  phaseDone: false,
  liveAt: null,
  healthSeconds: null,
  pulled: false,
  ...over,
});

const facts = (over: Partial<AppFacts> = {}): AppFacts => ({ ...emptyWorld(), ...over });

const plan = (world: AppFacts, op = operation()): readonly Step[] => {
  const steps = planRelease(op, world, NOW);
  if (isRefusal(steps)) throw new Error(steps.message);
  return steps;
};
const kinds = (steps: readonly Step[]) => steps.map((step) => `${step.capability}.${step.kind}`);

describe('a first deploy', () => {
  it('goes from the source to an image to a release', () => {
    const build = { id: 'b', read: false, missingStacks: [], digest: null };
    expect(kinds(plan(facts({ build })))).toEqual([
      'apps.fetchSource',
      'apps.buildImage',
      'apps.createRelease',
    ]);
  });

  it('makes the stacks that the source starts from before it builds', () => {
    const build = { id: 'b', read: true, missingStacks: ['node-build', 'node'], digest: null };
    expect(kinds(plan(facts({ build })))).toEqual([
      'stacks.ensure',
      'stacks.ensure',
      'apps.buildImage',
      'apps.createRelease',
    ]);
  });

  it('starts web without traffic, waits until the edge finds it healthy, and only then moves the traffic', () => {
    const candidate = release(1, {
      hasPhase: true,
      processes: { web: { command: null }, worker: { command: ['w'] } },
    });
    const world = facts({ candidate, app: { ...emptyWorld().app, formation: { web: 2, worker: 1 } } });
    expect(kinds(plan(world))).toEqual([
      'network.ensureProject',
      'apps.pullImage',
      'apps.runPhase',
      'apps.start',
      'apps.offer',
      'edge.awaitHealthy',
      'apps.start',
      'apps.promote',
    ]);
  });
});

it('a release gets as long to be healthy as its source says', () => {
  const services = [{ name: 'web-2', process: 'web', version: 2, replicas: 1 }];
  const candidate = release(2, { traffic: 'candidate', pulled: true, healthSeconds: 180 });
  const waiting = plan(facts({ candidate, services }), operation()).find(
    ({ kind }) => kind === 'awaitHealthy',
  );
  expect(waiting?.input).toMatchObject({ seconds: 180 });
});

describe('a release that fails', () => {
  const failure = { code: 'release_unhealthy', message: 'HTTP 503', next: 'mend it' };
  const live = release(1, { status: 'live', traffic: 'live', pulled: true, liveAt: NOW - 60_000 });
  const services = [
    { name: 'web-1', process: 'web', version: 1, replicas: 1 },
    { name: 'web-2', process: 'web', version: 2, replicas: 1 },
  ];

  it('is given up and stopped, and the live one is not touched', () => {
    const candidate = release(2, { traffic: 'candidate', pulled: true });
    const steps = plan(facts({ candidate, live, services }), operation({ failure }));
    expect(kinds(steps)).toEqual(['apps.abandon', 'apps.stop']);
    expect(steps[1]!.input).toEqual({ service: 'web-2' });
  });

  it('that was promoted already is not taken away again', () => {
    const candidate = release(2, { status: 'live', traffic: 'live', pulled: true });
    expect(kinds(plan(facts({ candidate, live: candidate, services }), operation({ failure })))).toEqual([
      'apps.stop',
    ]);
  });
});

describe('converging', () => {
  const live = release(3, { status: 'live', traffic: 'live', pulled: true, liveAt: NOW });
  const service = { name: 'web-3', process: 'web', version: 3, replicas: 1 };
  const edge = { 3: { state: 'ready' as const, up: 1, sessions: 0 } };
  const settled = facts({ live, services: [service], edge, networkReady: true });

  it('does nothing where everything is as wanted', () => {
    expect(planConverge(settled, NOW, true)).toEqual([]);
  });

  it('scales, starts what is missing and stops what nobody wants', () => {
    const wanted = { ...settled.app, formation: { web: 3 } };
    expect(kinds(planConverge({ ...settled, app: wanted }, NOW, true))).toEqual([
      'apps.scale',
      'edge.awaitHealthy',
    ]);
    expect(kinds(planConverge({ ...settled, services: [] }, NOW, false))).toEqual(['apps.start']);
    const stray = { name: 'web-1', process: 'web', version: 1, replicas: 1 };
    expect(kinds(planConverge({ ...settled, services: [service, stray] }, NOW, false))).toEqual([
      'apps.stop',
    ]);
  });

  it('lets an old release finish its requests, for as long as it may', () => {
    const old = release(2, { status: 'superseded', traffic: 'draining', pulled: true });
    const draining = { state: 'draining' as const, up: 1, sessions: 4 };
    const world = { ...settled, draining: [old], edge: { ...edge, 2: draining } };
    expect(kinds(planConverge(world, NOW, false))).toEqual(['edge.awaitDrained', 'apps.retire']);
    expect(kinds(planConverge(world, NOW + 31_000, false))).toEqual(['apps.retire']);
  });

  it('destroys an app once the edge has let go of it', () => {
    expect(kinds(planDestroy(settled))).toEqual(['apps.forget', 'edge.sync', 'apps.stop', 'apps.freeSlot']);
  });
});

describe('from any point', () => {
  /** Performs first steps until the plan is empty, as the agent does, with a failure injected at some step. */
  const settle = (start: World, failAt: number): { world: World; steps: string[]; liveGaps: number } => {
    let world = start;
    let op = operation();
    const steps: string[] = [];
    let liveGaps = 0;
    for (let n = 0; n < 60; n += 1) {
      const planned = planRelease(op, world, NOW + n * 1000);
      if (isRefusal(planned)) throw new Error(planned.code);
      const step = planned[0];
      if (!step) return { world, steps, liveGaps };
      steps.push(`${step.capability}.${step.kind}`);
      if (n === failAt) op = operation({ failure: { code: 'x', message: 'x', next: 'x' } });
      else world = apply(world, step, NOW + n * 1000);
      if (start.live && !world.services.some((s) => s.process === 'web' && s.version === world.live?.version))
        liveGaps += 1;
    }
    throw new Error(`does not settle: ${steps.join(' ')}`);
  };

  it('it settles: one live release, its services and no other, and sites never stop', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 3 }),
        (redeploy, failAt, web) => {
          const live = release(1, { status: 'live', traffic: 'live', pulled: true, liveAt: NOW - 60_000 });
          const base = emptyWorld();
          const start: World = {
            ...base,
            app: { ...base.app, formation: { web } },
            build: { id: 'b', read: false, missingStacks: ['node'], digest: null },
            ...(redeploy
              ? {
                  live,
                  services: [{ name: 'old', process: 'web', version: 1, replicas: web }],
                  edge: { 1: { state: 'ready' as const, up: web, sessions: 2 } },
                }
              : {}),
          };
          const { world, liveGaps } = settle(start, failAt);
          expect(liveGaps).toBe(0);
          const versions = new Set(world.services.map((service) => service.version));
          expect([...versions]).toEqual(world.live ? [world.live.version] : []);
          expect(world.draining).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
