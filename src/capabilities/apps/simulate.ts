import type { Step } from '../../kernel/step.ts';
import type { Millis } from '../../kernel/time.ts';
import type { AppFacts, AppServiceFacts, EdgeVersionFacts, ReleaseFacts } from './facts.ts';
import { serviceName } from './model.ts';

/** An app's facts as a world of their own, where steps take effect at once: for property tests and benches. */
export type World = AppFacts;

export const emptyWorld = (): World => ({
  app: {
    id: 'a',
    name: 'shop',
    projectId: 'p',
    formation: { web: 1 },
    deleted: false,
    suspended: false,
    hasSlot: true,
  },
  networkReady: false,
  certificatesReady: true,
  build: null,
  candidate: null,
  live: null,
  draining: [],
  services: [],
  edge: {},
});

const update = (world: World, change: Partial<ReleaseFacts>): World =>
  world.candidate ? { ...world, candidate: { ...world.candidate, ...change } } : world;

/** What the edge shows once it has looked again. */
function synced(world: World): Record<number, EdgeVersionFacts> {
  const edge: Record<number, EdgeVersionFacts> = {};
  const releases = [world.candidate, world.live, ...world.draining].filter((r) => r !== null);
  for (const service of world.services) {
    const release = releases.find((r) => r.version === service.version);
    if (service.process !== 'web' || !release || release.traffic === 'none') continue;
    const state = release.traffic === 'live' ? 'ready' : release.traffic;
    edge[service.version] = { state, up: service.replicas, sessions: 0 };
  }
  return edge;
}

const follow = (world: World): World => ({ ...world, edge: synced(world) });

function promoted(world: World, now: Millis): World {
  const candidate = world.candidate!;
  const live: ReleaseFacts = { ...candidate, traffic: 'live', status: 'live', liveAt: now };
  const old: ReleaseFacts[] = world.live
    ? [{ ...world.live, traffic: 'draining', status: 'superseded' }]
    : [];
  return { ...world, candidate: live, live, draining: [...world.draining, ...old] };
}

/** The world after a step that went well. */
export function apply(world: World, step: Step, now: Millis): World {
  const input = step.input as Record<string, string & number>;
  const service = (s: AppServiceFacts): World => ({ ...world, services: [...world.services, s] });
  switch (`${step.capability}.${step.kind}`) {
    case 'apps.fetchSource':
      return { ...world, build: { ...world.build!, read: true } };
    case 'stacks.ensure':
      return {
        ...world,
        build: { ...world.build!, missingStacks: world.build!.missingStacks.filter((n) => n !== input.name) },
      };
    case 'apps.buildImage':
      return { ...world, build: { ...world.build!, digest: 'sha256:1' } };
    case 'apps.createRelease': {
      const version = (world.live?.version ?? 0) + 1;
      return {
        ...world,
        candidate: {
          id: `r${version}`,
          version,
          status: 'pending',
          traffic: 'none',
          processes: { web: { command: null } },
          hasPhase: true,
          phaseDone: false,
          liveAt: null,
          healthSeconds: null,
          pulled: false,
        },
      };
    }
    case 'network.ensureProject':
      return { ...world, networkReady: true };
    case 'apps.pullImage':
      return update(world, { pulled: true });
    case 'apps.runPhase':
      return update(world, { phaseDone: true });
    case 'apps.start': {
      const version = world.candidate?.version ?? world.live!.version;
      const process = String(input.process);
      return follow(
        service({
          name: serviceName(world.app.id, process, version),
          process,
          version,
          replicas: input.replicas!,
        }),
      );
    }
    case 'apps.scale':
      return follow({
        ...world,
        services: world.services.map((s) =>
          s.name === input.service ? { ...s, replicas: input.replicas! } : s,
        ),
      });
    case 'apps.offer':
      return follow(update(world, { traffic: 'candidate' }));
    case 'apps.promote':
      return promoted(world, now);
    case 'apps.retire':
      return follow({ ...world, draining: world.draining.filter((r) => r.id !== input.releaseId) });
    case 'apps.abandon':
      return follow(update(world, { traffic: 'none', status: 'failed' }));
    case 'apps.stop':
      return { ...world, services: world.services.filter((s) => s.name !== input.service) };
    case 'edge.sync':
      return follow(world);
    default:
      return world;
  }
}
