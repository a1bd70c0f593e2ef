import { Refusal } from '../../kernel/refusal.ts';

const LOOK = 'Look at the vault: bastide vaults; docs/runbooks/vault.md.';

export const vaultUnreachable = (where: string, said: string) =>
  new Refusal('restic_vault_unreachable', `The vault at ${where} does not answer: ${said}`, LOOK);
export const vaultUntrusted = (where: string, said: string) =>
  new Refusal(
    'restic_vault_untrusted',
    `What answers at ${where} is not the vault that was added: ${said}`,
    'Somebody may stand between. If the vault was made anew, add it anew: bastide vaults:add.',
  );
export const vaultSlow = (where: string, seconds: number) =>
  new Refusal('restic_vault_slow', `The vault at ${where} was not done after ${seconds} s`, LOOK);
export const vaultFull = (where: string) =>
  new Refusal(
    'restic_vault_full',
    `The vault at ${where} takes nothing more: its disk is full or its limit for today is reached`,
    'Give the vault more space; what it has is safe. docs/runbooks/vault.md.',
  );
export const vaultRefused = (where: string) =>
  new Refusal(
    'restic_vault_refused',
    `The vault at ${where} does not allow that`,
    'A vault only adds. What it refused is in its journal: bastide vaults:info.',
  );
export const credentialRefused = (where: string) =>
  new Refusal(
    'restic_credential_refused',
    `The vault at ${where} does not know this platform`,
    'Add it anew: bastide vaults:add.',
  );
export const repositoryMissing = (url: string) =>
  new Refusal(
    'restic_repository_missing',
    `There is no repository at ${url}`,
    'If there was one, the vault lost it or another answers in its place: docs/runbooks/vault.md.',
  );
export const repositoryExists = (url: string) =>
  new Refusal('restic_repository_exists', `There is a repository at ${url} already`, 'Use it.');
export const repositoryDamaged = (url: string, said: string) =>
  new Refusal(
    'restic_repository_damaged',
    `The repository at ${url} cannot be read: ${said}`,
    'Start a new generation; restore from another vault. docs/runbooks/vault.md.',
  );
export const keyWrong = (url: string) =>
  new Refusal(
    'restic_key_wrong',
    `The key does not open the repository at ${url}: it is another project's or another generation's`,
    'Use the key of that generation.',
  );
export const locked = (url: string) =>
  new Refusal('restic_locked', `The repository at ${url} is in use`, 'Try again later.');
export const snapshotMissing = (id: string) =>
  new Refusal(
    'restic_snapshot_missing',
    `There is no snapshot ${id} in the repository`,
    'List them: bastide backups:list.',
  );
export const pathMissing = (path: string) =>
  new Refusal('restic_path_missing', `There is no ${path} in the snapshot`, 'List what is in it.');
export const sourceUnreadable = (said: string, snapshot: string | undefined) =>
  new Refusal(
    'restic_source_unreadable',
    `A part of the source could not be read, so this is no backup: ${said}`,
    'See what it says, and run it again.',
    { snapshot },
  );
export const sourceStalled = (seconds: number) =>
  new Refusal(
    'restic_source_stalled',
    `Nothing more of the source could be read for ${seconds} s: something in it holds up whoever reads it`,
    'See what puts pipes in the place of files there, and run it again.',
  );
export const partialSnapshot = (snapshot: string, because: string) =>
  new Refusal(
    'restic_partial_snapshot',
    `A snapshot was made though its source had ended early: ${because}`,
    'Do not restore from it.',
    { snapshot },
  );
export const interrupted = (said: string) =>
  new Refusal('restic_interrupted', `The backup program was interrupted: ${said}`, 'Run it again.');
export const resticFailed = (said: string) =>
  new Refusal('restic_failed', `The backup program failed: ${said}`, 'See the log; docs/runbooks/vault.md.');
