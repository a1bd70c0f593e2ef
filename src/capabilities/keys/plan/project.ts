import type { Outcome } from '../../../kernel/refusal.ts';
import { type Step, stepsOf } from '../../../kernel/step.ts';
import type { Millis } from '../../../kernel/time.ts';
import { noGeneration, noKey, projectGone } from '../errors.ts';
import { type Generation, KEEP_OLD_MS, type KeyFacts, type RotationFacts } from '../model.ts';

const step = stepsOf('keys');

/** A project gets its first key once: a second would make what the first sealed unreadable. */
export function planProjectKey(projectId: string, facts: KeyFacts): Outcome<readonly Step[]> {
  if (!facts.projectExists) return projectGone();
  if (facts.keyExists && facts.recipientSet) return [];
  return [step('createProjectKey', projectId, "Make the project's encryption key", { projectId })];
}

/** What is wanted of a project's key: a new generation, an end to one that leaked, or only what is left to do. */
export type RotationWish =
  | { readonly kind: 'rotate' }
  | { readonly kind: 'tidy' }
  | { readonly kind: 'retire'; readonly generation: number | null; readonly reason: string };

const currentOf = (facts: RotationFacts): Generation | undefined =>
  facts.generations.find(({ supersededAt, destroyed }) => supersededAt === null && !destroyed);

/** The generation that leaked: the named one, else the one that was current when somebody asked. */
function leaked(wish: RotationWish, operationId: string, facts: RotationFacts): Generation | undefined {
  if (wish.kind !== 'retire') return undefined;
  if (wish.generation !== null) return facts.generations.find((g) => g.generation === wish.generation);
  const mine = facts.generations.find((g) => g.operationId === operationId);
  return mine ? facts.generations.find((g) => g.generation === mine.generation - 1) : currentOf(facts);
}

/** Values are sealed anew while everything serves: a few hundred in a step, so that a kill loses little. */
const resealing = (projectId: string, facts: RotationFacts): Step[] =>
  facts.stale
    .filter(({ count }) => count > 0)
    .map(({ table, column, what, count }) =>
      step('reseal', `${table}.${column}:${count}`, `Seal ${what} to the new key (${count} left)`, {
        projectId,
        table,
        column,
      }),
    );

/** Generations that nothing is sealed to go: at once when compromised, else after a while. */
const destroying = (projectId: string, facts: RotationFacts, now: Millis): Step[] =>
  facts.generations
    .filter(({ destroyed, supersededAt, compromised, generation }) => {
      if (destroyed || supersededAt === null || facts.inUse.includes(generation)) return false;
      return compromised || now - supersededAt >= KEEP_OLD_MS;
    })
    .map(({ generation }) =>
      step('destroyGeneration', `${projectId}:${generation}`, `Destroy generation ${generation}`, {
        projectId,
        generation,
      }),
    );

/**
 * From whatever is true to: one current generation, everything sealed to it, old ones gone. A new generation is made
 * once per operation, which finds it again by its own id; so a kill at any point is settled by looking again.
 */
export function planRotation(
  wish: RotationWish,
  projectId: string,
  operationId: string,
  facts: RotationFacts,
  now: Millis,
): Outcome<readonly Step[]> {
  if (!facts.projectExists) return projectGone();
  const current = currentOf(facts);
  if (!current) return noKey();
  const bad = leaked(wish, operationId, facts);
  if (wish.kind === 'retire' && !bad) return noGeneration(wish.generation ?? current.generation);
  const mine = facts.generations.some((g) => g.operationId === operationId);
  const needsNew =
    wish.kind === 'rotate' ? !mine : wish.kind === 'retire' && bad?.generation === current.generation;
  const steps: Step[] = [];
  if (needsNew)
    steps.push(
      step('newGeneration', operationId, `Make generation ${current.generation + 1} of the key`, {
        projectId,
      }),
    );
  if (wish.kind === 'retire' && bad && !bad.compromised)
    steps.push(
      step('markCompromised', `${bad.generation}`, `Mark generation ${bad.generation} as compromised`, {
        projectId,
        generation: bad.generation,
        reason: wish.reason,
      }),
    );
  steps.push(...resealing(projectId, facts));
  if (wish.kind === 'retire' && !facts.followedUp)
    steps.push(
      step('followUp', projectId, 'Replace what the compromised key protected, as far as the platform can', {
        projectId,
      }),
    );
  steps.push(...destroying(projectId, facts, now));
  return steps;
}

/** Whether the schedule or something left over asks for work; undefined: nothing. */
export function rotationDue(
  facts: RotationFacts,
  now: Millis,
  rotationMs: number,
): 'rotate' | 'tidy' | undefined {
  const current = currentOf(facts);
  if (!current) return undefined;
  if (now - current.createdAt >= rotationMs) return 'rotate';
  const left = facts.stale.some(({ count }) => count > 0) || destroying('', facts, now).length > 0;
  return left ? 'tidy' : undefined;
}
