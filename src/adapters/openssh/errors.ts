import { Refusal } from '../../kernel/refusal.ts';

export const keyInvalid = (why: string) =>
  new Refusal(
    'ssh_key_invalid',
    `That is no public key that can be used: ${why}`,
    'Give an Ed25519 or ECDSA public key: one line, as in ~/.ssh/id_ed25519.pub.',
  );

export const keygenFailed = (what: string, why: string) =>
  new Refusal(
    'ssh_keygen_failed',
    `The program ssh-keygen could not ${what}: ${why}`,
    'Try again; npm run doctor looks at the machine.',
  );

export const sshSilent = (port: number, said: string) =>
  new Refusal(
    'ssh_gateway_silent',
    `The SSH gateway does not answer at port ${port}${said === '' ? '' : `: ${said}`}`,
    'Try again; npm run doctor looks at the machine, the log of the agent has more.',
  );

export const filesUnwritable = (directory: string, why: string) =>
  new Refusal(
    'ssh_files_unwritable',
    `The files of the SSH gateway cannot be written to ${directory}: ${why}`,
    'See whether the disk is full or read-only.',
  );
