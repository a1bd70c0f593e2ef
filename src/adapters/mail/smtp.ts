import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Millis } from '../../kernel/time.ts';
import { connectOutside, wayTo } from '../outbound/outbound.ts';
import { NOT_PERMITTED, type Outside } from '../outbound/port.ts';
import * as errors from './errors.ts';
import type { Letter, Mail, MailServer } from './port.ts';

/** Milliseconds that a server has to answer, each time. */
const PATIENCE: Millis = 20_000;
const SUBMISSIONS = 465;

const optionsOf = ({ host, port, ca, user, password }: MailServer, patience: Millis) => ({
  ...{ host, port, secure: port === SUBMISSIONS, requireTLS: true },
  ...{ connectionTimeout: patience, greetingTimeout: patience, socketTimeout: patience },
  tls: {
    minVersion: 'TLSv1.2' as const,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  },
  ...(user === undefined ? {} : { auth: { user, pass: password?.reveal() ?? '' } }),
  // What a letter says is never the name of a file or of an address to fetch.
  ...{ disableFileAccess: true, disableUrlAccess: true },
});

const messageOf = ({ id, from, to, subject, text }: Letter, host: string) => ({
  ...{ from, to: { name: '', address: to }, subject, text },
  messageId: `<${id}@${host}>`,
  headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
});

interface Fault extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  /** Where the server took none of the recipients. */
  readonly rejected?: readonly string[];
}

/** PURE. What a fault of the library comes to. Servers quote the recipient; a refusal is shown to others. */
function refusalOf(host: string, to: string, fault: Fault) {
  const { code = '', responseCode = 0, response = fault.message } = fault;
  const said = response.replaceAll(/\s+/g, ' ').replaceAll(to, 'the address').slice(0, 300);
  if (code === NOT_PERMITTED) return errors.mailForbidden(host);
  if (code === 'EAUTH' || code === 'ENOAUTH') return errors.mailLoginRefused(host);
  if (code === 'ETLS' || /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|certificate/.test(`${code} ${fault.message}`))
    return errors.mailUntrusted(host, said);
  // RFC 5321: what begins with 5 is for good. Said of anything but the recipient, it is of the server or of the sender.
  if (code === 'EENVELOPE' && (fault.rejected?.length ?? 0) > 0)
    return responseCode >= 500 ? errors.mailRefused(host, said) : errors.mailPostponed(host, said);
  if (code === 'EENVELOPE' && responseCode === 0) return errors.mailRefused(host, said);
  return errors.mailUnreachable(host, said);
}

/** Over SMTP (RFC 5321, 3207, 8314), a connection for each letter. */
export const makeMail = (
  way: (server: MailServer) => Outside = wayTo,
  patience: Millis = PATIENCE,
): Mail => ({
  async send(server, letter): Promise<Outcome<void>> {
    const transport = createTransport({
      ...optionsOf(server, patience),
      getSocket: (_options, done) => {
        connectOutside(way(server), server, patience).then((connection) => done(null, { connection }), done);
      },
    });
    try {
      await transport.sendMail(messageOf(letter, letter.from.split('@').at(-1)!.replace(/>$/, '')));
      return undefined;
    } catch (error) {
      return refusalOf(server.host, letter.to, error as Fault);
    } finally {
      transport.close();
    }
  },
});
