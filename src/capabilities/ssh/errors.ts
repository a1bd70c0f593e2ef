import { Refusal } from '../../kernel/refusal.ts';

export const entryNotFound = () =>
  new Refusal(
    'ssh_entry_not_found',
    'The project has no such open entry',
    'See what is open with: bastide ssh:info',
  );

export const entryOpen = () =>
  new Refusal(
    'ssh_entry_exists',
    'Entry by SSH is open to this project already',
    'Close it first with: bastide ssh:close',
  );

export const entryClosed = (app: string) =>
  new Refusal(
    'ssh_entry_closed',
    `Entry by SSH is closed to the project of ${app}`,
    'Open it for a while with: bastide ssh:open --for 1h',
  );

export const entryOver = () =>
  new Refusal(
    'ssh_entry_over',
    'The entry has ended before it was open',
    'Open it again with: bastide ssh:open',
  );

export const sourceInvalid = (source: string) =>
  new Refusal(
    'ssh_source_invalid',
    `${source} is no network that somebody outside comes from`,
    'Give an address or a network, for example --from 203.0.113.0/24.',
  );

export const forInvalid = (text: string) =>
  new Refusal(
    'ssh_for_invalid',
    `${text} is no time between one minute and seven days`,
    'Write it as --for 30m, --for 1h or --for 24h.',
  );

export const personNeeded = () =>
  new Refusal(
    'ssh_person_needed',
    'A certificate is for a person who signed in with a second factor, not for a token',
    'Sign in with bastide login; for CI enrol a key with: bastide ssh:keys:add',
  );

export const certificateNotFound = () =>
  new Refusal(
    'ssh_certificate_not_found',
    'The project has no such certificate',
    'List them with: bastide ssh:info',
  );

export const keyNotFound = () =>
  new Refusal('ssh_key_not_found', 'The project has no such key', 'List them with: bastide ssh:info');

export const keyUnfit = () =>
  new Refusal(
    'ssh_key_unfit',
    'That is no line of a public key of a kind that is taken',
    'Give the file of an Ed25519 or ECDSA key, for example ~/.ssh/id_ed25519.pub.',
  );

export const keyLimit = (most: number) =>
  new Refusal(
    'ssh_key_limit',
    `The project has ${most} keys, which is the most`,
    'Revoke one that is not used.',
  );

export const keyTaken = () =>
  new Refusal(
    'ssh_key_exists',
    'The project has this key, or had it',
    'Make a new one with: ssh-keygen -t ed25519',
  );

export const sessionRefused = () =>
  new Refusal(
    'ssh_session_refused',
    'This login is not good (any more)',
    'Get a new certificate with: bastide ssh',
  );

export const shellNotFound = () =>
  new Refusal(
    'ssh_program_not_found',
    'There is no program ssh on this computer',
    'Install the OpenSSH client; the certificate is in the directory of the configuration.',
  );

export const stepUnknown = (kind: string) =>
  new Refusal(
    'ssh_step_unknown',
    `The SSH gateway knows no step ${kind}`,
    'Report it with the operation id.',
  );

export const notPermitted = (what: string) =>
  new Refusal(
    'ssh_not_permitted',
    `This is not permitted here: ${what}`,
    'What is: git push, a command, and a shell.',
  );

export const pushRefused = (why: string) =>
  new Refusal('ssh_push_refused', why, 'Push your branch to main: git push bastide HEAD:main');
