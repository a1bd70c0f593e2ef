import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { type Step, step, stepsOf } from '../../kernel/step.ts';
import type { Millis } from '../../kernel/time.ts';
import { appDeleted, appSuspended } from './errors.ts';
import type { AppFacts, ReleaseFacts } from './facts.ts';
import { DRAIN_SECONDS, HEALTH_SECONDS, serviceName } from './model.ts';

const apps = stepsOf('apps');
const syncEdge = (why: string) => step('edge', 'sync', why, 'Tell the edge', {});

/** Replicas wanted of a process: what the formation says, else one web and no other; none while all stands still. */
const wantedReplicas = (facts: AppFacts, process: string): number =>
  facts.app.suspended ? 0 : (facts.app.formation[process] ?? (process === 'web' ? 1 : 0));

const serviceOf = (facts: AppFacts, release: ReleaseFacts, process: string) =>
  facts.services.find((service) => service.version === release.version && service.process === process);

/** The process of a release runs, with as many replicas as wanted. */
function ensureProcess(facts: AppFacts, release: ReleaseFacts, process: string): Step[] {
  const replicas = wantedReplicas(facts, process);
  const service = serviceOf(facts, release, process);
  const name = serviceName(facts.app.id, process, release.version);
  if (!service) {
    if (replicas === 0) return [];
    return [
      apps('start', name, `Start ${process} of v${release.version} (${replicas})`, {
        releaseId: release.id,
        process,
        replicas,
      }),
    ];
  }
  if (service.replicas === replicas) return [];
  return [
    apps('scale', `${name}=${replicas}`, `Scale ${process} from ${service.replicas} to ${replicas}`, {
      service: service.name,
      replicas,
    }),
  ];
}

/** The web replicas of the release answer at the edge; nothing is said about traffic. */
function webHealthy(facts: AppFacts, release: ReleaseFacts): Step[] {
  const wanted = wantedReplicas(facts, 'web');
  if (!('web' in release.processes) || wanted === 0) return [];
  if ((facts.edge[release.version]?.up ?? 0) >= wanted) return [];
  return [
    step('edge', 'awaitHealthy', `v${release.version}`, `Wait until v${release.version} is healthy`, {
      appId: facts.app.id,
      version: release.version,
      count: wanted,
      seconds: release.healthSeconds ?? HEALTH_SECONDS,
    }),
  ];
}

/** Before anything of the release starts: its network, its image, its release phase. */
function prepare(facts: AppFacts, release: ReleaseFacts): Step[] {
  const steps: Step[] = [];
  if (!facts.networkReady)
    steps.push(
      step('network', 'ensureProject', facts.app.projectId, "Make the project's network", {
        projectId: facts.app.projectId,
      }),
    );
  if (!release.pulled)
    steps.push(
      apps('pullImage', release.id, `Verify the signature of v${release.version} and fetch it`, {
        releaseId: release.id,
      }),
    );
  if (release.hasPhase && !release.phaseDone)
    steps.push(
      apps('runPhase', release.id, `Run the release phase of v${release.version}`, { releaseId: release.id }),
    );
  return steps;
}

/** Web first, behind the edge and without traffic; then the other processes; then all traffic moves. */
function bringLive(facts: AppFacts, release: ReleaseFacts): Step[] {
  const steps = prepare(facts, release);
  const web = 'web' in release.processes;
  if (web) {
    steps.push(...ensureProcess(facts, release, 'web'));
    if (release.traffic === 'none')
      steps.push(
        apps('offer', release.id, `Offer v${release.version} to the edge`, { releaseId: release.id }),
      );
    steps.push(...webHealthy(facts, release));
    if (!facts.certificatesReady)
      steps.push(step('edge', 'certificates', facts.app.id, 'Get certificates', { appId: facts.app.id }));
  }
  for (const process of Object.keys(release.processes))
    if (process !== 'web') steps.push(...ensureProcess(facts, release, process));
  if (release.traffic !== 'live')
    steps.push(
      apps('promote', release.id, `Move all traffic to v${release.version}`, { releaseId: release.id }),
    );
  return steps;
}

/** The edge shows what the store says about the release's traffic. */
function edgeFollows(facts: AppFacts, release: ReleaseFacts): Step[] {
  const shown = facts.edge[release.version]?.state;
  if (release.traffic === 'live' && shown !== undefined && shown !== 'ready' && shown !== 'maintenance')
    return [syncEdge(`v${release.version}-live`)];
  if (release.traffic === 'draining' && shown === 'ready') return [syncEdge(`v${release.version}-draining`)];
  return [];
}

/** Old releases finish what they have, leave the edge and stop. */
function retireOld(facts: AppFacts, now: Millis): Step[] {
  const steps: Step[] = [];
  for (const release of facts.draining) {
    const since = now - (facts.live?.liveAt ?? 0);
    const left = Math.ceil(DRAIN_SECONDS - since / 1000);
    if ((facts.edge[release.version]?.sessions ?? 0) > 0 && left > 0)
      steps.push(
        step('edge', 'awaitDrained', `v${release.version}`, `Let v${release.version} finish its requests`, {
          appId: facts.app.id,
          version: release.version,
          seconds: left,
        }),
      );
    steps.push(
      apps('retire', release.id, `Take v${release.version} out of service`, { releaseId: release.id }),
    );
  }
  return steps;
}

/** Services of versions that nobody wants any more. */
function stopStale(facts: AppFacts, wanted: readonly (ReleaseFacts | null)[]): Step[] {
  const keep = new Map(wanted.filter((r) => r !== null).map((r) => [r.version, r]));
  const steps: Step[] = [];
  for (const service of facts.services) {
    const release = keep.get(service.version);
    if (release && service.process in release.processes) continue;
    if (facts.edge[service.version] !== undefined && service.process === 'web')
      steps.push(syncEdge(`v${service.version}-gone`));
    steps.push(
      apps('stop', service.name, `Stop ${service.process} of v${service.version}`, { service: service.name }),
    );
  }
  return steps;
}

/** From the source to an image, then to a release. */
function makeRelease(operation: Operation, facts: AppFacts): Step[] {
  const { build } = facts;
  const steps: Step[] = [];
  if (build && build.digest === null) {
    if (!build.read)
      steps.push(apps('fetchSource', build.id, 'Fetch and check the source', { buildId: build.id }));
    for (const name of build.missingStacks)
      steps.push(step('stacks', 'ensure', name, `Make the ${name} stack`, { name }));
    steps.push(apps('buildImage', build.id, 'Build the image', { buildId: build.id }));
  }
  steps.push(
    apps('createRelease', operation.id, 'Make the release', {
      appId: facts.app.id,
      operationId: operation.id,
    }),
  );
  return steps;
}

/** A release that did not make it leaves no trace but its record; the live one was never touched. */
function cleanUp(facts: AppFacts, now: Millis): Step[] {
  const { candidate } = facts;
  const steps: Step[] = [];
  if (candidate && candidate.status === 'pending')
    steps.push(apps('abandon', candidate.id, `Give v${candidate.version} up`, { releaseId: candidate.id }));
  steps.push(...retireOld(facts, now));
  steps.push(...stopStale(facts, [facts.live, ...facts.draining]));
  return steps;
}

/** apps.deploy and apps.release: a release is made, proven healthy, and only then gets the traffic. */
export function planRelease(operation: Operation, facts: AppFacts, now: Millis): Outcome<readonly Step[]> {
  if (operation.failure) return cleanUp(facts, now);
  if (facts.app.deleted) return appDeleted(facts.app.name);
  if (facts.app.suspended) return appSuspended(facts.app.name);
  const { candidate } = facts;
  if (!candidate) return makeRelease(operation, facts);
  if (candidate.status === 'failed' || candidate.status === 'superseded') return cleanUp(facts, now);
  return [
    ...bringLive(facts, candidate),
    ...edgeFollows(facts, candidate),
    ...facts.draining.flatMap((release) => edgeFollows(facts, release)),
    ...retireOld(facts, now),
    ...(candidate.traffic === 'live' ? stopStale(facts, [candidate, ...facts.draining]) : []),
  ];
}

/**
 * apps.converge: what runs is what the live release and the formation say. Also the drift check: a plan that is
 * not empty though nobody asked. `wait`: somebody asked, so the answer waits for healthy replicas.
 */
export function planConverge(facts: AppFacts, now: Millis, wait: boolean): readonly Step[] {
  const { live } = facts;
  if (facts.app.deleted) return planDestroy(facts);
  if (!live) return [...retireOld(facts, now), ...stopStale(facts, facts.draining)];
  return [
    ...prepare(facts, live),
    ...Object.keys(live.processes).flatMap((process) => ensureProcess(facts, live, process)),
    ...edgeFollows(facts, live),
    ...(wait ? webHealthy(facts, live) : []),
    ...(facts.certificatesReady || !wait
      ? []
      : [step('edge', 'certificates', facts.app.id, 'Get certificates', { appId: facts.app.id })]),
    ...retireOld(facts, now),
    ...stopStale(facts, [live, ...facts.draining]),
  ];
}

/** apps.destroy: the edge forgets the app, its services end, its name is free again. */
export function planDestroy(facts: AppFacts): readonly Step[] {
  const steps: Step[] = [];
  if (Object.keys(facts.edge).length > 0) steps.push(syncEdge('destroyed'));
  for (const service of facts.services)
    steps.push(
      apps('stop', service.name, `Stop ${service.process} of v${service.version}`, { service: service.name }),
    );
  if (facts.app.hasSlot)
    steps.push(apps('freeSlot', facts.app.id, 'Free its place at the edge', { appId: facts.app.id }));
  if (!facts.app.deleted)
    steps.unshift(apps('forget', facts.app.id, `Forget ${facts.app.name}`, { appId: facts.app.id }));
  return steps;
}
