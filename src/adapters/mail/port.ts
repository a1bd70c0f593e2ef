import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** A server that takes mail over TLS: from the first byte on port 465 (RFC 8314), by STARTTLS on every other. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** PEM of its authority; undefined: those that this machine trusts. */
  readonly ca: string | undefined;
  /** Whether it may be in a private network. */
  readonly private: boolean;
  /** Who the platform is there; undefined: whoever connects. */
  readonly user: string | undefined;
  readonly password: Secret | undefined;
}

/** One message to one person. */
export interface Letter {
  /** Names it for good: the same letter sent twice is told by it. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Plain text; lines as they are to be read. */
  readonly text: string;
}

/**
 * Hands a letter to a server. Promises: nothing is said before TLS with a certificate that is trusted and names the host; it has
 * succeeded once the server took the letter; what is in a name, a subject or a text makes no other header and no other
 * recipient, and no refusal names the recipient. Refusals: `mail_forbidden`, `mail_unreachable`, `mail_untrusted`,
 * `mail_login_refused`, of which every letter would hear; of this recipient alone `mail_refused`, for good, and `mail_postponed`.
 */
export interface Mail {
  send(server: MailServer, letter: Letter): Promise<Outcome<void>>;
}
