import type { TaskFacts } from '../../../adapters/docker/port.ts';
import type { EdgeServerHealth } from '../../../adapters/haproxy/port.ts';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { EdgeDeps } from '../deps.ts';
import { edgeWaitEnded, releaseUnhealthy } from '../errors.ts';
import { serverName } from '../plan.ts';
import * as store from '../store.ts';
import type { Sync } from './sync.ts';

const PAUSE = 300;
/** So many replicas that ended by themselves, and none that answers: it will not get better. */
const HOPELESS = 3;

interface Release {
  readonly appId: string;
  readonly version: number;
}

/** The release's servers at the edge. */
async function serversOf(deps: EdgeDeps, { appId, version }: Release): Promise<Outcome<EdgeServerHealth[]>> {
  const slot = await store.slotOf(deps.db, appId);
  const health = await deps.edge.health();
  if (isRefusal(health)) return health;
  return health.filter((server) => server.slot === slot && server.name.startsWith(`v${version}-`));
}

const tasksOf = (deps: EdgeDeps, { appId, version }: Release): Promise<Outcome<readonly TaskFacts[]>> =>
  deps.engine.tasks({ 'bastide.app': appId, 'bastide.process': 'web', 'bastide.version': String(version) });

const ended = (task: TaskFacts): boolean => ['failed', 'rejected', 'complete'].includes(task.state);

function replicaWords(version: number, task: TaskFacts, servers: readonly EdgeServerHealth[]): string {
  const replica = `replica ${task.slot}`;
  if (ended(task)) {
    const exit = task.exitCode === undefined ? '' : ` with exit code ${task.exitCode}`;
    return `${replica} ended${exit}${task.error ? ` (${task.error})` : ''}`;
  }
  const server = servers.find((s) => s.name === serverName(version, task.id));
  if (server) return `${replica}: ${server.check}`;
  return `${replica} is ${task.state}${task.error ? ` (${task.error})` : ''}`;
}

/** The newest task of each replica that is not healthy, in words. */
export function unhealthyWords(
  version: number,
  tasks: readonly TaskFacts[],
  servers: readonly EdgeServerHealth[],
): string {
  const up = new Set(servers.filter((server) => server.up).map((server) => server.name));
  const newest = new Map<number, TaskFacts>();
  for (const task of tasks) {
    // Tasks come newest first; one that has only just been made says less than the one that ended before it.
    const seen = newest.get(task.slot);
    if (!seen || (!ended(seen) && seen.state !== 'running' && ended(task))) newest.set(task.slot, task);
  }
  const words = [...newest.values()]
    .filter((task) => !up.has(serverName(version, task.id)))
    .sort((a, b) => a.slot - b.slot)
    .map((task) => replicaWords(version, task, servers));
  return words.length > 0 ? words.slice(0, 5).join('; ') : 'no replica was started';
}

/** The last words of the app itself, for the person who waits. */
async function showLog(deps: EdgeDeps, tasks: readonly TaskFacts[], context: StepContext): Promise<void> {
  const service = tasks[0]?.service;
  if (!service) return;
  try {
    for await (const line of deps.engine.logs({ service }, { follow: false, tail: 20 }))
      context.log(line.text, 'app');
  } catch (error) {
    context.log(`the app's log could not be read: ${(error as Error).message}`);
  }
}

/**
 * Waits until so many of the release's servers are healthy at the edge. Refusals: `release_unhealthy` with what the
 * last check of each replica said; `edge_wait_ended`; the engine's and the edge's own.
 */
export async function awaitHealthy(
  deps: EdgeDeps,
  sync: Sync,
  wanted: Release & { readonly count: number; readonly seconds: number },
  context: StepContext,
): Promise<Outcome<void>> {
  const now = deps.now ?? Date.now;
  const end = now() + wanted.seconds * 1000;
  let said = '';
  for (;;) {
    const synced = await sync.sync();
    if (isRefusal(synced)) return synced;
    const servers = await serversOf(deps, wanted);
    if (isRefusal(servers)) return servers;
    const up = servers.filter((server) => server.up && server.state !== 'draining').length;
    if (up >= wanted.count) return;
    const tasks = await tasksOf(deps, wanted);
    if (isRefusal(tasks)) return tasks;
    const words = unhealthyWords(wanted.version, tasks, servers);
    if (words !== said) context.log(`${up} of ${wanted.count} healthy; ${words}`);
    said = words;
    if (context.signal.aborted) return edgeWaitEnded(wanted.version);
    const hopeless = up === 0 && tasks.filter(ended).length >= HOPELESS;
    if (hopeless || now() >= end) {
      await showLog(deps, tasks, context);
      return releaseUnhealthy(wanted.version, `${words}${hopeless ? '' : ` (after ${wanted.seconds} s)`}`);
    }
    await sleep(PAUSE, context.signal);
  }
}

/** Waits until the release's servers have no session left, or the time is up; both are well. */
export async function awaitDrained(
  deps: EdgeDeps,
  sync: Sync,
  wanted: Release & { readonly seconds: number },
  context: StepContext,
): Promise<Outcome<void>> {
  const now = deps.now ?? Date.now;
  const end = now() + wanted.seconds * 1000;
  const synced = await sync.sync();
  if (isRefusal(synced)) return synced;
  for (;;) {
    const servers = await serversOf(deps, wanted);
    if (isRefusal(servers)) return servers;
    const left = servers.reduce((sum, server) => sum + server.currentSessions, 0);
    if (left === 0) return;
    if (context.signal.aborted) return edgeWaitEnded(wanted.version);
    if (now() >= end) {
      context.log(`${left} requests to v${wanted.version} did not end in ${wanted.seconds} s and are cut`);
      return;
    }
    await sleep(PAUSE, context.signal);
  }
}
