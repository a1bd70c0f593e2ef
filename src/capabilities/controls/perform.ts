import type { Perform, StepContext } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { ControlsDeps } from './deps.ts';
import { canariesMissing, controlsNoProber, controlsTookTooLong, lookInvalid } from './errors.ts';
import { CANARY_ORGANIZATIONS, ObserveInput } from './model.ts';
import { searchFor } from './search.ts';
import {
  abandonRuns,
  areCanaries,
  countsOf,
  keepSeen,
  proberSilence,
  runsOf,
  staffFacts,
  untaken,
} from './store.ts';

const LOOK_MS = 1000;
/** Milliseconds after which a run that nobody takes, while no prober is heard of, is given up. */
const SILENCE = 60_000;
const LONGEST = 3 * 3_600_000;

/** Waits until every run of the operation has its verdict. Refusals: `controls_no_prober`, `controls_took_too_long`. */
async function awaitRuns(deps: ControlsDeps, context: StepContext): Promise<Outcome<void>> {
  const { id } = context.operation;
  const told = new Set<string>();
  const began = Date.now();
  for (;;) {
    const { runs } = await runsOf(deps.db, id);
    for (const { control, verdict, reason } of runs.filter(({ finished }) => finished)) {
      if (!told.has(control)) context.log(`${verdict ?? 'given up'}: ${reason ?? ''}`, control);
      told.add(control);
    }
    const left = runs.filter(({ finished }) => !finished).map(({ control }) => control);
    if (left.length === 0 || context.signal.aborted) return undefined;
    const waited = Date.now() - began;
    if (waited > LONGEST) return controlsTookTooLong(left);
    if (waited > SILENCE && (await untaken(deps.db, id)).length === left.length) {
      const silence = await proberSilence(deps.db);
      // A prober that is at work on something else is silent too, but not for that long.
      if (silence === undefined || silence > 10 * SILENCE || onlyOutside(waited)) return controlsNoProber();
    }
    await sleep(LOOK_MS, context.signal);
  }
}

/** Nobody has taken any of it for so long that the one that could is not there. */
const onlyOutside = (waited: number): boolean => waited > 30 * SILENCE;

async function look(deps: ControlsDeps, context: StepContext, input: ObserveInput): Promise<Outcome<void>> {
  const { look: wanted, projects } = input;
  if (!(await areCanaries(deps.db, projects, CANARY_ORGANIZATIONS))) return canariesMissing();
  const seen = await seeing(deps, context, wanted, projects);
  if (isRefusal(seen)) return seen;
  await keepSeen(deps.db, context.operation.id, wanted.kind, seen);
}

async function seeing(
  deps: ControlsDeps,
  context: StepContext,
  wanted: ObserveInput['look'],
  projects: ObserveInput['projects'],
): Promise<Outcome<unknown>> {
  switch (wanted.kind) {
    case 'search': {
      const flushed = await deps.flush(projects.a);
      if (isRefusal(flushed)) return flushed;
      return { places: await searchFor(wanted.token, await deps.places(projects.a), context.signal) };
    }
    case 'vault-tamper':
      return attempts(await deps.tamper(projects.a));
    case 'vault-keys':
      return attempts(await deps.foreignKey(projects.a, projects.b));
    case 'staff-access':
      return staffFacts(deps.db);
    case 'credentials':
      return countsOf(deps.db, 'credential_facts');
    case 'ssh':
      return countsOf(deps.db, 'ssh_facts');
  }
}

const attempts = (made: Outcome<unknown>): Outcome<unknown> =>
  isRefusal(made) ? made : { attempts: made ?? null };

/** Steps of the controls capability. */
export const performControls =
  (deps: ControlsDeps): Perform =>
  async (step, context) => {
    switch (step.kind) {
      case 'await':
        return awaitRuns(deps, context);
      case 'abandon':
        return abandonRuns(deps.db, context.operation.id);
      case 'look': {
        const input = ObserveInput.safeParse(step.input);
        return input.success ? look(deps, context, input.data) : lookInvalid();
      }
      default:
        return lookInvalid();
    }
  };
