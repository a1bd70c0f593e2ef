import type { OperationKind } from '../../engine/capability.ts';
import type { VaultsDeps } from './deps.ts';
import { type AddFacts, AddVault, RemoveVault } from './model.ts';
import { planAdd, planRemove } from './plan.ts';
import * as store from './store.ts';

/** The operations of vaults. */
export const vaultsKinds = ({ db }: VaultsDeps): OperationKind[] => {
  const add: OperationKind<AddFacts> = {
    kind: 'vaults.add',
    observe: (operation) => store.addFacts(db, AddVault.parse(operation.input).name, operation.id),
    plan: (operation, facts) =>
      planAdd(AddVault.parse(operation.input), operation.id, facts, operation.failure !== null),
    result: (operation) => ({ name: AddVault.parse(operation.input).name }),
  };
  const remove: OperationKind<{ inUse: string[] }> = {
    kind: 'vaults.remove',
    observe: async () => ({ inUse: await store.inUse(db) }),
    plan: (operation, { inUse }) =>
      operation.failure ? [] : planRemove(RemoveVault.parse(operation.input).name, inUse, true),
  };
  return [add as OperationKind, remove as OperationKind];
};
