import { Refusal } from '../../kernel/refusal.ts';

export const mailOff = () =>
  new Refusal(
    'mail_off',
    'There is no server to send mail by',
    'Root names one as "mail" in /etc/bastide/bastide.json and starts the agent anew: docs/guide/mail.md.',
  );

export const mailNoAddress = () =>
  new Refusal(
    'mail_no_address',
    'Your account has no e-mail address',
    'Give it one: bastide account:password --email …',
  );

export const mailStepUnknown = (kind: string) =>
  new Refusal('mail_step_unknown', `Mail knows no step ${kind}`, 'Update the agent.');

export const letterUnknown = (kind: string) =>
  new Refusal(
    'mail_letter_unknown',
    `There are no words for a letter of the kind ${kind}`,
    'Update the agent.',
  );

export const mailFileUnreadable = (file: string) =>
  new Refusal(
    'mail_file_unreadable',
    `${file}, which the settings of mail name, cannot be read`,
    'Put it there, readable by root only, or take "mail" out of /etc/bastide/bastide.json.',
  );
