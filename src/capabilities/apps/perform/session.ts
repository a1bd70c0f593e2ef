import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { Program } from '../../terminals/model.ts';
import type { AppsDeps } from '../deps.ts';
import { noRelease, runFailed, runStopped } from '../errors.ts';
import { label } from '../model.ts';
import { SessionInput } from '../operations.ts';
import * as store from '../store.ts';
import { serviceSpec, whyEnded } from './services.ts';

const OVER = new Set(['complete', 'failed', 'rejected', 'shutdown', 'orphaned', 'remove']);
/** Longer than the session may last: an agent that is gone leaves nothing that stays. */
const SPARE_SECONDS = 300;

/** What keeps the container there: the engine gives no service's own input an end, a program inside it has one. */
const hold = (seconds: number): readonly string[] => ['/bin/sleep', String(seconds + SPARE_SECONDS)];

/** The container of the service, once it runs. */
async function running(
  deps: AppsDeps,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  while (!signal.aborted) {
    const tasks = await deps.engine.tasks(labels);
    if (isRefusal(tasks)) return tasks;
    const container = tasks.find(({ state }) => state === 'running')?.containerId;
    if (container) return container;
    if (tasks.some(({ state }) => OVER.has(state))) return runFailed(whyEnded(tasks));
    await sleep(150, signal);
  }
  return runStopped();
}

/**
 * `run` at a terminal: the command in a container of its own, of the live release, which goes when the session ends,
 * however it ends. After a restart of ours what was left is removed; nobody is at the other end any more.
 */
export async function runSession(deps: AppsDeps, context: StepContext): Promise<Outcome<void>> {
  const { operation } = context;
  const session = SessionInput.parse(operation.input);
  const name = `b-run-${operation.id.slice(-12)}`;

  const start = async (signal: AbortSignal): Promise<Outcome<Program>> => {
    const live = (await store.servingReleases(deps.db, operation.appId!)).find((r) => r.traffic === 'live');
    if (!live) return noRelease('The app');
    const spec = await serviceSpec(deps, live, {
      name,
      process: 'run',
      command: hold(session.seconds),
      replicas: 1,
      oneOff: true,
    });
    if (isRefusal(spec)) return spec;
    const labels = { ...spec.labels, [label.operation]: operation.id };
    // Nothing in it waits for a signal to end well.
    const made = await deps.engine.serviceCreate({ ...spec, labels, stopGraceSeconds: 1 }, deps.registryAuth);
    if (isRefusal(made)) return made;
    const container = await running(deps, labels, signal);
    return isRefusal(container) ? container : { container, argv: session.command };
  };
  try {
    const ended = await deps.conduct(context, session, start);
    if (isRefusal(ended)) return ended;
    await store.writeChunk(deps.db, operation.id, 'exit', String(ended.code));
    return undefined;
  } finally {
    await deps.engine.serviceRemove(name);
  }
}
