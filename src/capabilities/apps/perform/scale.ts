import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import type { AppsDeps } from '../deps.ts';
import * as store from '../store.ts';

/** Milliseconds that the engine has to choose which replicas end; it stops them about two seconds after it has. */
const CHOICE = 1500;

/**
 * Gives a service so many replicas. Where some of them end, the edge hears of it as soon as the engine has chosen which, so
 * that they get nothing new before they are stopped: a request that is under way then is cut, and a POST is not repeated.
 */
export async function scale(
  deps: Pick<AppsDeps, 'engine' | 'db'>,
  { service, replicas }: { readonly service: string; readonly replicas: number },
  { operation, signal }: Pick<StepContext, 'operation' | 'signal'>,
): Promise<Outcome<void>> {
  const scaled = await deps.engine.serviceScale(service, replicas);
  if (isRefusal(scaled)) return scaled;
  const labels = operation.appId === null ? {} : { 'bastide.app': operation.appId };
  for (const until = Date.now() + CHOICE; Date.now() < until && !signal.aborted; ) {
    const tasks = await deps.engine.tasks(labels);
    if (isRefusal(tasks)) return tasks;
    const stay = tasks.filter((task) => task.service === service && task.wantedState === 'running');
    if (stay.length <= replicas) break;
    await sleep(50, signal);
  }
  return store.tellEdge(deps.db);
}
