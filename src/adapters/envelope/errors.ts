import { Refusal } from '../../kernel/refusal.ts';

export const sealBroken = (what: string) =>
  new Refusal(
    'seal_broken',
    `${what} cannot be opened: it was changed or belongs elsewhere`,
    'Set it again with: bastide config:set',
  );

export const recipientInvalid = () =>
  new Refusal(
    'seal_recipient_invalid',
    "The project's public key is not one",
    'Run npm run doctor on the server.',
  );

export const keyDestroyed = (what: string) =>
  new Refusal(
    'key_destroyed',
    `${what} was sealed to a generation of the project's key that is destroyed`,
    'Nothing opens it again; set it anew.',
  );

export const rootKeyMissing = (wanted: string, found: readonly string[]) =>
  new Refusal(
    'root_key_missing',
    `The project's key was wrapped by root key ${wanted}, and this node has ${found.join(', ')}`,
    'Put the right /etc/bastide/secrets/root.key back from its backup or the recovery kit.',
  );

export const rootKeyInvalid = (file: string) =>
  new Refusal(
    'root_key_invalid',
    `${file} does not hold a root key`,
    'Put it back from its backup; a new one opens nothing old.',
  );

export const rootKeyGiven = () =>
  new Refusal(
    'root_key_given',
    'The root key is given from outside, so the platform cannot change it',
    'Add a new line with the new key to what you give, restart, and all keys move to it.',
  );

export const rootKeyCurrent = () =>
  new Refusal(
    'root_key_current',
    'The current root key cannot be destroyed: everything hangs on it',
    'Rotate it first with: bastide keys:rotate --root',
  );

export const kitPassphrase = () =>
  new Refusal(
    'kit_passphrase',
    'The recovery kit does not open: the passphrase is wrong or the file was changed',
    'Look at the passphrase again; if it is right, make a new kit with: npm run recovery-kit',
  );

export const kitDamaged = (why: string) =>
  new Refusal('kit_damaged', `This is no recovery kit: ${why}`, 'Make a new one with: npm run recovery-kit');
