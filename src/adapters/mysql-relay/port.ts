export type {
  Connection,
  Gateway,
  GatewayConfig,
  GatewayProcess,
  GatewayRoute,
} from '../pgbouncer/port.ts';

/** Where a login name leads, as the relay's file says it. Nothing in it is secret. */
export interface RelayRoute {
  /** ISO UTC: nobody comes in after it, and sessions end at it. */
  readonly until: string;
  readonly source: string;
  readonly host: string;
  readonly port: number;
}

/** What one relay allows before it knows anybody. */
export interface RelayLimits {
  /** Connections at the same time: in all, of one login name, of one address. */
  readonly connections: number;
  readonly perUser: number;
  readonly perSource: number;
  /** Milliseconds from the first byte to being signed in. */
  readonly handshakeMs: number;
  /** Bytes of one packet before somebody is signed in. */
  readonly packetBytes: number;
}
