import { Refusal } from '../../kernel/refusal.ts';

export const syslogForbidden = (host: string) =>
  new Refusal(
    'syslog_forbidden',
    `${host} leads to an address that the log does not go to`,
    'A server in a private network is added with --private; this machine itself is none.',
  );

export const syslogUnreachable = (host: string, why: string) =>
  new Refusal(
    'syslog_unreachable',
    `${host} does not take the log: ${why}`,
    'It is tried again, and gets all that it missed; see: bastide audit:forward:list',
  );

export const syslogUntrusted = (host: string, why: string) =>
  new Refusal(
    'syslog_untrusted',
    `The certificate of ${host} is not trusted: ${why}`,
    'Add it with its authority: bastide audit:forward:add … --ca file',
  );

export const syslogCut = (host: string) =>
  new Refusal(
    'syslog_cut',
    `${host} did not close the connection after the last message, so nobody knows what it took`,
    'It gets the same messages again. A server of RFC 5425 closes when it is told that nothing more comes.',
  );

export const syslogCertificateMissing = (name: string, path: string) =>
  new Refusal(
    'syslog_certificate_missing',
    `There is no client certificate for ${name} in ${path}`,
    'Put the certificate (.crt) and its key (.key, readable by root only) there as PEM.',
  );
