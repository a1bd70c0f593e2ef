import type { Kysely } from 'kysely';
import type { NoteSigner } from '../../adapters/signer/notes.ts';
import type { Syslog, SyslogServer } from '../../adapters/syslog/port.ts';
import type { Witness } from '../../adapters/witness/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';

/** What keeping the log works with. */
export interface LogDeps {
  readonly db: Kysely<Database>;
  readonly signer: NoteSigner;
  readonly witnesses: readonly Witness[];
  readonly now: () => Date;
}

/** What sends the log elsewhere. */
export interface Forwarder {
  readonly syslog: Syslog;
  /** The platform's name, as servers see it. */
  readonly host: string;
  /** What the agent shows of itself to the server of this name. Refuses `syslog_certificate_missing`. */
  clientFor(name: string): Promise<Outcome<SyslogServer['client']>>;
}

/** Both; main/agent/ puts it together. */
export interface AuditDeps extends LogDeps {
  readonly forwarder: Forwarder;
}
