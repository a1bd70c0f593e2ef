import type { OperationKind } from '../../engine/capability.ts';
import { stepDone } from '../../engine/once.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { AppFacts } from './facts.ts';
import { type ObserveDeps, observeApp } from './observe.ts';
import { planConverge, planDestroy, planRelease } from './plan.ts';
import * as store from './store.ts';

const released = (facts: AppFacts) => ({ release: facts.live?.version ?? null });

/** Kinds that do one thing and leave nothing behind to look at. */
function once(
  deps: ObserveDeps,
  kind: string,
  step: string,
  summary: string,
  stream: boolean,
): OperationKind<Ran> {
  const key = `apps.${step}:once`;
  return {
    kind,
    stream,
    observe: async (operation): Promise<Outcome<Ran>> => ({
      done: await stepDone(deps.db, operation.id, key),
      exitCode: await store.exitCode(deps.db, operation.id),
    }),
    plan: (operation, facts) =>
      facts.done || operation.failure ? [] : [{ capability: 'apps', kind: step, key, summary, input: {} }],
    result: (_operation, facts) => ({ exitCode: facts.exitCode }),
  };
}

/** A change that only the edge has to hear of. */
function syncOnce(deps: ObserveDeps, kind: string): OperationKind<boolean> {
  const key = 'edge.sync:once';
  return {
    kind,
    observe: (operation) => stepDone(deps.db, operation.id, key),
    plan: (operation, done) =>
      done || operation.failure
        ? []
        : [{ capability: 'edge', kind: 'sync', key, summary: 'Tell the edge', input: {} }],
  };
}

interface Ran {
  readonly done: boolean;
  readonly exitCode: number | null;
}

/** The operations that apps knows. */
export function appsKinds(deps: ObserveDeps): OperationKind[] {
  const observe: OperationKind<AppFacts>['observe'] = (operation) =>
    observeApp(deps, operation.appId!, operation);
  const kind = (name: string, plan: OperationKind<AppFacts>['plan']): OperationKind<AppFacts> => ({
    kind: name,
    observe,
    plan,
    result: (_operation, facts) => released(facts),
  });
  return [
    kind('apps.deploy', planRelease),
    kind('apps.release', planRelease),
    // A failure while converging has nothing to clean up: the next look sees what is left to do.
    kind('apps.converge', (operation, facts, now) =>
      operation.failure ? [] : planConverge(facts, now, true),
    ),
    kind('apps.destroy', (operation, facts) => (operation.failure ? [] : planDestroy(facts))),
    syncOnce(deps, 'apps.maintenance'),
    once(deps, 'apps.run', 'runOneOff', 'Run the command', true),
    once(deps, 'apps.session', 'runSession', 'Run the command at a terminal', true),
    once(deps, 'apps.cron', 'runOneOff', 'Run the job', true),
    once(deps, 'apps.logs', 'showLogs', 'Show the output', true),
    once(deps, 'apps.reveal', 'reveal', 'Show config vars that are not secret', true),
  ] as OperationKind[];
}
