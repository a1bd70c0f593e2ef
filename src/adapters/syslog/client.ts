import { isIP } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Millis } from '../../kernel/time.ts';
import { judged, wayTo } from '../outbound/outbound.ts';
import { NOT_PERMITTED, type Outside } from '../outbound/port.ts';
import * as errors from './errors.ts';
import type { Syslog, SyslogServer } from './port.ts';
import { frame, render } from './render.ts';

/** Milliseconds of a delivery. */
export interface Pace {
  /** For all of it. */
  readonly patience: Millis;
  /** Before the first message: a server that does not want this client closes after the handshake, not in it. */
  readonly settle: Millis;
  /** After the last one, before it is told so: whoever closes now has not read to the end. */
  readonly linger: Millis;
}
const PACE: Pace = { patience: 60_000, settle: 2000, linger: 1000 };

const untrusted = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|LEAF_SIGNATURE/.test(code);

/** A connection of its own for each delivery: that the server closes it is the only receipt that syslog knows. */
export const makeSyslog = (
  way: (server: SyslogServer) => Outside = wayTo,
  { patience, settle, linger }: Pace = PACE,
): Syslog => ({
  deliver(server, messages) {
    const { host, port, ca, client } = server;
    const there = way(server);
    if (isIP(host) !== 0 && !there.permitted(host, port))
      return Promise.resolve(errors.syslogForbidden(host));
    const options: ConnectionOptions = {
      ...{ host, port, minVersion: 'TLSv1.2', lookup: judged(there, port) },
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(client ? { cert: client.certificate, key: client.key.reveal() } : {}),
    };
    return new Promise<Outcome<void>>((resolve) => {
      let said = false;
      let ended = false;
      let patient: NodeJS.Timeout | undefined;
      const answer = (outcome: Outcome<void>): void => {
        clearTimeout(patient);
        resolve(outcome);
        socket.destroy();
      };
      const socket = connect(options);
      patient = setTimeout(
        () => answer(said ? errors.syslogCut(host) : errors.syslogUnreachable(host, 'it is too slow')),
        patience,
      );
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === NOT_PERMITTED) answer(errors.syslogForbidden(host));
        else if (untrusted(error)) answer(errors.syslogUntrusted(host, error.code ?? ''));
        else answer(errors.syslogUnreachable(host, error.code ?? error.message));
      });
      socket.on('end', () => {
        ended = socket.writableEnded;
      });
      // It ended before it was told that nothing more comes, or it was reset: then nobody knows what it has read.
      socket.on('close', () => answer(ended && said ? undefined : errors.syslogCut(host)));
      // What a syslog server says is nothing; it has to be read for its end to be seen.
      socket.resume();
      socket.on('secureConnect', () => {
        const text = messages.map((message) => frame(render(message))).join('');
        const end = () =>
          socket.end(() => {
            said = true;
          });
        setTimeout(() => {
          if (socket.writable) socket.write(text, () => setTimeout(end, linger));
        }, settle);
      });
    });
  },
});
