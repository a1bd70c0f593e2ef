import { Refusal } from '../../kernel/refusal.ts';

export const alertNotFound = () =>
  new Refusal('alert_not_found', 'There is no such alert', 'List them with: bastide alerts');

export const accountStillUsed = (account: string) =>
  new Refusal(
    'audit_account_used',
    `${account} is no account that has ended`,
    'What somebody does who is still here stays in the log. End the account first: bastide accounts:disable',
  );

export const nothingSealed = () =>
  new Refusal(
    'audit_nothing_sealed',
    'Nothing of the audit log is sealed yet',
    'Entries are sealed within seconds; try again, and see: bastide audit:status',
  );

export const auditFileUnreadable = (file: string) =>
  new Refusal(
    'audit_file_unreadable',
    `${file} is no export of an audit log`,
    'Write one with: bastide audit:export --output audit.jsonl',
  );

export const auditKeyInvalid = () =>
  new Refusal(
    'audit_key_invalid',
    'That is no key of a log',
    'It is one line, name+id+base64, or a file with it; see: bastide audit:status',
  );

export const auditBroken = (entries: number, faults: readonly string[], more: number) =>
  new Refusal(
    'audit_broken',
    `The audit log does not hold; ${faults.length + more} faults in ${entries} entries: ${faults.slice(0, 5).join('; ')}`,
    'Keep everything as it is and see docs/runbooks/audit-log.md.',
    { faults },
  );

export const auditStepUnknown = (kind: string) =>
  new Refusal('audit_step_unknown', `The audit log knows no step ${kind}`, 'Update the agent.');

export const forwardNotFound = (name: string) =>
  new Refusal(
    'audit_forward_not_found',
    `The log is not forwarded to ${name}`,
    'List where it goes with: bastide audit:forward:list',
  );

export const forwardExists = (name: string) =>
  new Refusal(
    'audit_forward_exists',
    `There is a server ${name} already`,
    'Remove it first, or take another name. A new one gets the log from its beginning.',
  );
