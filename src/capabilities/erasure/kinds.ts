import type { OperationKind } from '../../engine/capability.ts';
import type { ErasureDeps } from './deps.ts';
import { erasureGone } from './errors.ts';
import { EraseInput, type ErasureFacts } from './model.ts';
import { observeErasure } from './observe.ts';
import { planErasure } from './plan.ts';

/** `erasure.erase`: what the upkeep asks for when a grace period is over. */
export const erasureKinds = (deps: ErasureDeps): OperationKind[] => {
  const erase: OperationKind<ErasureFacts> = {
    kind: 'erasure.erase',
    async observe(operation) {
      const input = EraseInput.safeParse(operation.input);
      return input.success ? observeErasure(deps, input.data.erasureId, operation.id) : erasureGone();
    },
    // What is left after a failure is taken up by the next operation, which the upkeep asks for.
    plan: (operation, facts, now) => (operation.failure ? [] : planErasure(facts, now)),
    result: (_operation, { erasureId }) => ({ erasureId }),
  };
  return [erase as OperationKind];
};
