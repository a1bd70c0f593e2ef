import type { Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import { lastVault, vaultExists, vaultNotFound } from './errors.ts';
import type { AddFacts, AddVault } from './model.ts';

/** Notes it, then enrols there; a vault that did not take us is never used. */
export function planAdd(
  wish: AddVault,
  operationId: string,
  facts: AddFacts,
  failed: boolean,
): Outcome<readonly Step[]> {
  if (failed || facts.named?.operationId === operationId) return [];
  if (facts.named) return vaultExists(wish.name);
  const input = { wish, operationId };
  if (!facts.prepared)
    return [
      {
        ...{ capability: 'vaults', kind: 'prepare', key: `vaults.prepare:${wish.name}`, input },
        summary: `Look at the vault at ${wish.url} and its fingerprint`,
      },
    ];
  return [
    {
      ...{ capability: 'vaults', kind: 'enrol', key: `vaults.enrol:${wish.name}`, input },
      summary: `Enrol at the vault ${wish.name}`,
    },
  ];
}

/** Takes it out of use; what is in it stays there until its own retention ends. */
export function planRemove(name: string, inUse: readonly string[], begun: boolean): Outcome<readonly Step[]> {
  if (!inUse.includes(name)) return begun ? [] : vaultNotFound(name);
  if (inUse.length === 1) return lastVault(name);
  return [
    {
      ...{ capability: 'vaults', kind: 'retire', key: `vaults.retire:${name}`, input: { name } },
      summary: `Stop using the vault ${name}`,
    },
  ];
}
