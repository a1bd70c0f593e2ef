import type { Kysely } from 'kysely';
import type { Authority, GatewayKeys, Login } from '../../adapters/openssh/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { OpenEntry } from '../network/model.ts';

/** The running gateway: sshd in its container, and its files. */
export interface SshGateway {
  prepared(): boolean;
  prepare(onLine: (line: string) => void): Promise<Outcome<void>>;
  /** Its files are exactly these afterwards, and it runs. What is read at each login counts at the next one. */
  apply(wanted: {
    readonly logins: readonly Login[];
    readonly keys: GatewayKeys;
    readonly revoked: Uint8Array;
    readonly token: string;
  }): Promise<Outcome<void>>;
  /** It does not run afterwards. */
  stop(): Promise<Outcome<void>>;
}

/** What the ssh capability needs of the rest; main/agent puts it together. */
export interface SshDeps {
  readonly db: Kysely<Database>;
  readonly authority: Authority;
  readonly gateway: SshGateway;
  /** The name that people call the gateway by. */
  readonly host: string;
  /** A token of the gateway's own and what is kept of it. */
  readonly newToken: () => { readonly token: string; readonly hash: Uint8Array };
  /** Lets these in at the gateway's port, and nobody else, in both layers of the firewall. */
  readonly admit: (entries: readonly OpenEntry[]) => Promise<Outcome<void>>;
  readonly log: (line: string) => void;
  readonly now: () => number;
}
