import type { AppsDeps } from '../../capabilities/apps/deps.ts';
import { dropOldChunks } from '../../capabilities/apps/store.ts';
import { healDrift, noteReplicas, runDueCron } from '../../capabilities/apps/upkeep.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';

/** Looks in a row that the engine did not answer; then the supervisor starts the agent anew, which starts the engine. */
const ENGINE_LOST = 3;

interface Chore {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
}

/** What the agent does unasked, each at its own pace; a chore that fails is tried again next time. */
export function upkeep(
  deps: { readonly apps: AppsDeps; readonly node: NodeDeps },
  onError: (chore: string, error: unknown) => void,
  signal: AbortSignal,
): Promise<unknown> {
  let unanswered = 0;
  const watchEngine = async (): Promise<void> => {
    const answer = await deps.node.engine.networks();
    unanswered = isRefusal(answer) ? unanswered + 1 : 0;
    if (!isRefusal(answer)) return;
    onError('engine', answer);
    if (unanswered >= ENGINE_LOST) process.exit(1);
  };
  const chores: Chore[] = [
    { name: 'engine', everyMs: 5_000, run: watchEngine },
    { name: 'replicas', everyMs: 2_000, run: () => noteReplicas(deps.apps) },
    { name: 'cron', everyMs: 10_000, run: () => runDueCron(deps.apps.db, new Date()) },
    { name: 'drift', everyMs: 15_000, run: () => healDrift(deps.apps) },
    { name: 'firewall', everyMs: 10_000, run: () => deps.node.ensureFirewall() },
    { name: 'streams', everyMs: 60_000, run: () => dropOldChunks(deps.apps.db) },
  ];
  const tend = async ({ name, everyMs, run }: Chore): Promise<void> => {
    while (!signal.aborted) {
      await run().catch((error: unknown) => onError(name, error));
      await sleep(everyMs, signal);
    }
  };
  return Promise.all(chores.map(tend));
}
