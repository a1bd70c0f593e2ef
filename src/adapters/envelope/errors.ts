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

export const rootKeyChanged = (wanted: string, found: string) =>
  new Refusal(
    'root_key_changed',
    `The project's key was wrapped by root key ${wanted}, and this node has ${found}`,
    'Put the right /etc/bastide/secrets/root.key back from its backup.',
  );

export const rootKeyInvalid = (file: string) =>
  new Refusal(
    'root_key_invalid',
    `${file} does not hold a root key`,
    'Put it back from its backup; a new one opens nothing old.',
  );
