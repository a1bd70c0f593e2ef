import type { z } from 'zod';
import type { OperationKind } from '../../engine/capability.ts';
import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import type { ObjectsDeps } from './deps.ts';
import { inputInvalid } from './errors.ts';
import type { StoreFacts } from './facts.ts';
import { ObjectsInput } from './model.ts';
import { planAttach, planCredential, planDetach, planUnbind } from './plan.ts';
import { observeStore } from './store.ts';

type Plan<I> = (operation: Operation, facts: StoreFacts, input: I) => Outcome<readonly Step[]>;

/** The operations on object stores. */
export function objectsKinds(deps: ObjectsDeps): OperationKind[] {
  const kind = <S extends z.ZodType<{ storeId: string }>>(
    name: string,
    schema: S,
    plan: Plan<z.output<S>>,
  ): OperationKind<StoreFacts> => ({
    kind: name,
    // It waits for a provider and for releases of apps: it must not take a place that those need.
    stream: true,
    async observe({ input }) {
      const parsed = schema.safeParse(input);
      return parsed.success ? observeStore(deps.db, parsed.data.storeId) : inputInvalid();
    },
    plan(operation, facts) {
      const parsed = schema.safeParse(operation.input);
      return parsed.success ? plan(operation, facts, parsed.data) : inputInvalid();
    },
  });
  const { store, credential, attachment } = ObjectsInput;
  return [
    kind('objects.bind', credential, planCredential),
    kind('objects.replace', credential, planCredential),
    kind('objects.attach', attachment, planAttach),
    kind('objects.detach', attachment, planDetach),
    kind('objects.unbind', store, planUnbind),
  ] as OperationKind[];
}
