import { Refusal } from '../../kernel/refusal.ts';

export const vaultExists = (name: string) =>
  new Refusal(
    'vault_exists',
    `There is a vault ${name} already`,
    'Choose another name, or remove that one first.',
  );
export const vaultNotFound = (name: string) =>
  new Refusal('vault_not_found', `There is no vault ${name}`, 'List them with: bastide vaults');
export const lastVault = (name: string) =>
  new Refusal(
    'vault_last',
    `${name} is the only vault: without it nothing is backed up`,
    'Add another first: docs/runbooks/vault.md.',
  );
export const vaultLineUnclear = (why: string) =>
  new Refusal('vault_line_unclear', `This is not what a vault prints: ${why}`, 'Paste the whole line.');
export const stepUnknown = () =>
  new Refusal('vault_step_unknown', 'The step is none of vaults', 'Report it with the operation id.');
