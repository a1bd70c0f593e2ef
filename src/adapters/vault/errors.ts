import { Refusal } from '../../kernel/refusal.ts';

export const vaultUnreachable = (url: string, said: string) =>
  new Refusal(
    'vault_unreachable',
    `The vault at ${url} does not answer: ${said}`,
    'See docs/runbooks/vault.md.',
  );
export const vaultUntrusted = (url: string, said: string) =>
  new Refusal(
    'vault_untrusted',
    `What answers at ${url} is not the vault that was named: ${said}`,
    'Compare the fingerprint with the line that the vault printed.',
  );
export const vaultCredentialRefused = (url: string) =>
  new Refusal(
    'vault_credential_refused',
    `The vault at ${url} does not know this platform`,
    'Add it anew: bastide vaults:add.',
  );
export const vaultCodeRefused = (url: string) =>
  new Refusal(
    'vault_code_refused',
    `The vault at ${url} does not take this code: it was used, or is too old`,
    'Have the vault print another: npm start -- --role vault.',
  );
export const vaultUnclear = (url: string, said: string) =>
  new Refusal(
    'vault_unclear',
    `The answer of the vault at ${url} is not understood: ${said}`,
    'Is it of the same version?',
  );
export const vaultJournalBroken = (url: string, seq: number) =>
  new Refusal(
    'vault_journal_broken',
    `The journal of the vault at ${url} was changed at line ${seq}`,
    'Somebody with root on the vault changed it, or its disk is failing: docs/runbooks/vault.md.',
  );
