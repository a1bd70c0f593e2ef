import type { Kysely } from 'kysely';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Gateway, GatewayConfig } from '../../adapters/pgbouncer/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { OpenEntry } from '../network/model.ts';
import type { GatewayName } from './model.ts';

/** A user of a database for a while. */
export interface Guest {
  readonly user: string;
  readonly verifier: string;
  /** ISO UTC. */
  readonly until: string;
}

/** The servers behind: roles in them. */
export interface Guests {
  /** Makes the user or brings it to this. */
  set(databaseId: string, guest: Guest): Promise<Outcome<void>>;
  /** Ends its sessions and removes it; what it made stays. Gone already, with or without its database, is fine. */
  drop(databaseId: string, user: string): Promise<Outcome<void>>;
}

/** What the gateways capability needs of the rest; main/agent puts it together. */
export interface GatewaysDeps {
  readonly db: Kysely<Database>;
  readonly engine: Engine;
  readonly gateways: Readonly<Record<GatewayName, Gateway>>;
  /** Names of the gateways' containers. */
  readonly containers: Readonly<Record<GatewayName, string>>;
  /** What the gateways' container is made from is on this node; `prepare` sees to it. */
  readonly prepared: (gateway: GatewayName) => Promise<boolean>;
  readonly prepare: (gateway: GatewayName, onLine: (line: string) => void) => Promise<Outcome<void>>;
  readonly guests: Guests;
  /** What the gateways show to clients, and what they check databases by. */
  readonly tls: () => Promise<Outcome<Pick<GatewayConfig, 'certificate' | 'ca'>>>;
  /** Where the ports of databases are. */
  readonly host: string;
  /** Lets these in, and nobody else, in both layers of the firewall. */
  readonly admit: (entries: readonly OpenEntry[]) => Promise<Outcome<void>>;
  /** Told of sign-ins that a gateway turned down; says which addresses have to wait. */
  readonly guesses: {
    failed(failures: readonly { readonly address: string }[]): Promise<void>;
    blocked(): Promise<ReadonlySet<string>>;
  };
  readonly log: (line: string) => void;
  readonly now: () => number;
}
