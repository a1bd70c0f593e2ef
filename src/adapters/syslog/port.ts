import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** A server that takes syslog over TLS (RFC 5425). */
export interface SyslogServer {
  readonly host: string;
  readonly port: number;
  /** PEM of its authority; undefined: those that this machine trusts. */
  readonly ca: string | undefined;
  /** What the agent shows of itself, PEM. */
  readonly client: { readonly certificate: string; readonly key: Secret } | undefined;
  /** Whether it may be in a private network. */
  readonly private: boolean;
}

/** A message of RFC 5424. */
export interface SyslogMessage {
  /** 0 (emergency) to 7 (debug); the facility is always log audit. */
  readonly severity: number;
  /** UTC ISO, with as many as six digits of a second. */
  readonly at: string;
  readonly host: string;
  readonly program: string;
  /** What kind of message it is. */
  readonly id: string;
  /** Parameters of the one structured element. */
  readonly data: Readonly<Record<string, string>>;
  /** Kept within ASCII by whoever makes it. */
  readonly text: string;
}

/**
 * Sends messages. Promises: TLS 1.2 or newer and a certificate that is trusted and names the host; it has succeeded only
 * once the server, told that nothing more comes, has closed its own side too: syslog knows no other receipt. What failed may
 * have arrived in part: it is sent again. Refusals: `syslog_forbidden`, `syslog_unreachable`, `syslog_untrusted`, `syslog_cut`.
 */
export interface Syslog {
  deliver(server: SyslogServer, messages: readonly SyslogMessage[]): Promise<Outcome<void>>;
}
