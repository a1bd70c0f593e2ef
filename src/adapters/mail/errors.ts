import { Refusal } from '../../kernel/refusal.ts';

export const mailForbidden = (host: string) =>
  new Refusal(
    'mail_forbidden',
    `${host} leads to an address that mail does not go to`,
    'A server in a private network has "private": true in the settings; this machine itself is none.',
  );

export const mailUnreachable = (host: string, why: string) =>
  new Refusal(
    'mail_unreachable',
    `${host} does not take mail: ${why}`,
    'It is tried again for a day; see: bastide mail',
  );

export const mailUntrusted = (host: string, why: string) =>
  new Refusal(
    'mail_untrusted',
    `${host} does not offer TLS with a certificate that is trusted: ${why}`,
    'Name its authority as "caFile" in the settings, or the port where it has TLS (465 from the start, 587 by STARTTLS).',
  );

export const mailLoginRefused = (host: string) =>
  new Refusal(
    'mail_login_refused',
    `${host} does not know the platform by its name and password`,
    'Correct "user" and the file "passwordFile" of the settings, and start the agent anew.',
  );

export const mailPostponed = (host: string, why: string) =>
  new Refusal(
    'mail_postponed',
    `${host} takes no letter for this address now: ${why}`,
    'It is tried again for a day; see: bastide mail',
  );

export const mailRefused = (host: string, why: string) =>
  new Refusal(
    'mail_refused',
    `${host} takes no letter for this address: ${why}`,
    'See whether the address is right.',
  );
