import type { OperationKind } from '../../engine/capability.ts';
import type { GatewaysDeps } from './deps.ts';
import { GrantInput } from './model.ts';
import { observeGrant } from './observe.ts';
import { type GrantFacts, planClose, planOpen } from './plan.ts';

/** The operations that gateways know. */
export function gatewaysKinds(deps: Pick<GatewaysDeps, 'db' | 'prepared'>): OperationKind[] {
  const observe: OperationKind<GrantFacts | undefined>['observe'] = (operation) =>
    observeGrant(deps, GrantInput.parse(operation.input).grantId);
  const kinds: OperationKind<GrantFacts | undefined>[] = [
    { kind: 'gateways.open', observe, plan: planOpen },
    {
      kind: 'gateways.close',
      observe,
      // Failing half-way has nothing to clean up: it is asked for again.
      plan: (operation, grant) => (operation.failure || !grant ? [] : planClose(grant, 'closed')),
    },
  ];
  return kinds as OperationKind[];
}
