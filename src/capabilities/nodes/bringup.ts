import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { rememberBefore } from './before.ts';
import { loadModule } from './commands.ts';
import type { Log, NodeDeps } from './deps.ts';
import { engineNotAsWanted, nodeNotSettled } from './errors.ts';
import { observeNode } from './observe.ts';
import { performNode } from './perform.ts';
import { planNode } from './plan.ts';

const MOST_STEPS = 40;

const readSeccomp = (): Promise<string> => readFile(join(import.meta.dirname, 'seccomp.json'), 'utf8');

/**
 * Brings the node's foundation up: observe, plan, perform the first step, again, until the plan is empty. Safe to
 * run at any time; on a node that is as wanted it changes nothing. The packet filter is up before the engine is.
 */
export async function bringUpNode(deps: NodeDeps, log: Log): Promise<Outcome<{ readonly steps: number }>> {
  const seccomp = await readSeccomp();
  let last = '';
  let restarted = false;
  for (let steps = 0; steps <= MOST_STEPS; steps += 1) {
    const facts = await observeNode(deps, seccomp);
    if (isRefusal(facts)) return facts;
    const plan = planNode(facts, deps.settings, seccomp);
    if (isRefusal(plan)) return plan;
    const step = plan[0];
    if (!step) {
      const filtered = await deps.ensureFirewall();
      return isRefusal(filtered) ? filtered : { steps };
    }
    if (steps === 0) {
      await rememberBefore(deps);
      // Where it is built in or not there at all, the program's answer is of no interest: the plan looks at the result.
      await deps.run.run(loadModule('br_netfilter'));
    }
    if (step.kind === 'startEngine') {
      const filtered = await deps.ensureFirewall();
      if (isRefusal(filtered)) return filtered;
    }
    if (step.kind === 'stopEngine') {
      if (restarted) return engineNotAsWanted(step.summary);
      restarted = true;
    }
    log(step.summary);
    last = step.summary;
    const done = await performNode(deps, facts, seccomp, step);
    if (isRefusal(done)) return done;
  }
  return nodeNotSettled(last);
}
