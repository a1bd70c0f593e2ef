import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** One way through a gateway: one login name, from one address, to one database. */
export interface GatewayRoute {
  /** Login name, unique over everything; PostgreSQL's clients ask for a database of this name too. */
  readonly user: string;
  /** What the database keeps of the password (`SCRAM-SHA-256$…`). A gateway that relays the proof needs none. */
  readonly verifier: string;
  /** The one address, IPv4 or IPv6, that may come. */
  readonly source: string;
  /** ISO UTC; a gateway that can tell the time ends it by itself, should nobody tell it to. */
  readonly until: string;
  readonly backend: { readonly host: string; readonly port: number; readonly database: string };
}

export interface GatewayConfig {
  readonly routes: readonly GatewayRoute[];
  /** What the gateway shows to clients: certificate chain and key, PEM. */
  readonly certificate: { readonly chain: string; readonly key: Secret };
  /** PEM of the authority that the databases' certificates are checked against. */
  readonly ca: string;
}

/** The running program behind a gateway. */
export interface GatewayProcess {
  running(): Promise<Outcome<boolean>>;
  /** Starts it; it reads its files. */
  start(): Promise<Outcome<void>>;
  /** Lets it read its files again. */
  reload(): Promise<Outcome<void>>;
  stop(): Promise<Outcome<void>>;
}

/**
 * A way into databases from outside, closed unless a route says otherwise. Promises: TLS 1.3 only; after `apply` the routes
 * are exactly these, and sessions of a route that is no more have been ended, those of the others go on; without a route the
 * program does not run at all; it never holds a password; an unknown name is answered as a wrong password is.
 * Refusals: `gateway_route_invalid`, `gateway_files_unwritable`, those of the process.
 */
export interface Gateway {
  apply(config: GatewayConfig): Promise<Outcome<{ readonly changed: boolean }>>;
}

/** What a line of a gateway's log says. */
export interface Connection {
  readonly kind: 'opened' | 'closed' | 'refused';
  /** Login name as the client gave it; absent where it did not get that far. */
  readonly user?: string;
  readonly source?: string;
  /** Why it was closed or refused, in the gateway's words. */
  readonly reason?: string;
  readonly seconds?: number;
  /** For example TLSv1.3. */
  readonly tls?: string;
}
