import { Refusal } from '../../kernel/refusal.ts';

export const pkiNameInvalid = (name: string): Refusal =>
  new Refusal(
    'pki_name_invalid',
    `${JSON.stringify(name)} is no name for a certificate`,
    'Give a DNS name or an IP address.',
  );

export const pkiDaysInvalid = (days: number): Refusal =>
  new Refusal(
    'pki_days_invalid',
    `A certificate cannot be valid for ${days} days`,
    'Give a whole number from 1 to 825.',
  );

export const pkiUnreadable = (file: string, why: string): Refusal =>
  new Refusal(
    'pki_unreadable',
    `The certificate authority in ${file} cannot be read: ${why}`,
    'Restore the file from a backup, or remove it to get a new authority (everything that trusts the old one must then learn the new one).',
  );
