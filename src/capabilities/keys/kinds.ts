import type { OperationKind } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import type { Millis } from '../../kernel/time.ts';
import type { KeysDeps } from './deps.ts';
import { inputInvalid } from './errors.ts';
import { type KeyFacts, KeysInput, type RootFacts, type RotationFacts } from './model.ts';
import { observeRoot, observeRotation } from './observe.ts';
import { planProjectKey, planRoot, planRotation, type RootWish, type RotationWish } from './plan.ts';
import * as store from './store.ts';

const projectOf = (operation: Operation): string | undefined =>
  KeysInput.createProject.safeParse({ projectId: operation.projectId }).data?.projectId;

/** `keys.create-project`: submitted when a project is created. */
const createProject = ({ db }: Pick<KeysDeps, 'db'>): OperationKind<KeyFacts> => ({
  kind: 'keys.create-project',
  async observe(operation) {
    const input = KeysInput.createProject.safeParse(operation.input);
    return input.success ? store.keyFacts(db, input.data.projectId) : inputInvalid();
  },
  plan(operation, facts) {
    if (operation.failure) return [];
    const input = KeysInput.createProject.safeParse(operation.input);
    return input.success ? planProjectKey(input.data.projectId, facts) : inputInvalid();
  },
});

/** What came of it, for people and for the record. */
const rotated = (facts: RotationFacts) => ({
  generation: facts.generations[0]?.generation ?? null,
  unreadable: facts.broken,
  old: facts.generations.filter((g) => g.supersededAt !== null && !g.destroyed).map((g) => g.generation),
});

/** Operations on one project's key. They differ in what is wanted, not in how it is reached. */
const onProject = (
  { db }: Pick<KeysDeps, 'db'>,
  kind: string,
  wish: (operation: Operation) => RotationWish | undefined,
): OperationKind<RotationFacts> => ({
  kind,
  async observe(operation) {
    const projectId = projectOf(operation);
    return projectId ? observeRotation(db, projectId, operation.id) : inputInvalid();
  },
  plan(operation, facts, now): Outcome<readonly Step[]> {
    // Half a rotation needs no clean-up: whatever is left is sealed anew by the next one or by the upkeep.
    if (operation.failure) return [];
    const wanted = wish(operation);
    const projectId = projectOf(operation);
    if (!wanted || !projectId) return inputInvalid();
    return planRotation(wanted, projectId, operation.id, facts, now);
  },
  result: (_operation, facts) => rotated(facts),
});

const onRoot = (
  deps: Pick<KeysDeps, 'db' | 'roots' | 'given'>,
  kind: string,
  wish: (operation: Operation) => RootWish | undefined,
): OperationKind<RootFacts> => ({
  kind,
  observe: () => observeRoot(deps),
  plan(operation, facts, now: Millis): Outcome<readonly Step[]> {
    if (operation.failure) return [];
    const wanted = wish(operation);
    return wanted ? planRoot(wanted, operation.id, facts, now) : inputInvalid();
  },
  result: (_operation, facts) => ({ rootKeyId: facts.ids.at(-1) ?? null, old: facts.ids.slice(0, -1) }),
});

/** The operations that keys knows. */
export function keysKinds(deps: Pick<KeysDeps, 'db' | 'roots' | 'given'>): OperationKind[] {
  const retire = (operation: Operation): RotationWish | undefined => {
    const input = KeysInput.retire.safeParse(operation.input);
    return input.success ? { kind: 'retire', ...input.data } : undefined;
  };
  const retireRoot = (operation: Operation): RootWish | undefined => {
    const input = KeysInput.retireRoot.safeParse(operation.input);
    return input.success ? { kind: 'retire', ...input.data } : undefined;
  };
  return [
    createProject(deps),
    onProject(deps, 'keys.rotate', () => ({ kind: 'rotate' })),
    onProject(deps, 'keys.retire', retire),
    onProject(deps, 'keys.tidy', () => ({ kind: 'tidy' })),
    onRoot(deps, 'keys.rotate-root', () => ({ kind: 'rotate' })),
    onRoot(deps, 'keys.retire-root', retireRoot),
    onRoot(deps, 'keys.tidy-root', () => ({ kind: 'tidy' })),
  ] as OperationKind[];
}
