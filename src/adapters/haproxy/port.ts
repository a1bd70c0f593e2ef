import type { Outcome } from '../../kernel/refusal.ts';

/** One place that answers for an app: a task's published port on its node, or a unix socket of the platform. */
export interface EdgeServer {
  /** Unique within its backend and stable, for example `v12-3fk2`. */
  readonly name: string;
  readonly target: { readonly address: string; readonly port: number } | { readonly socket: string };
  /** `candidate` is health-checked and gets no traffic; `draining` finishes what it has. */
  readonly state: 'candidate' | 'ready' | 'draining';
}

export interface EdgeBackend {
  /** The app's slot, 1 … n: a pre-provisioned backend section, so that a new app needs no reload. */
  readonly slot: number;
  readonly app: string;
  readonly project: string;
  readonly healthPath: string;
  readonly servers: readonly EdgeServer[];
  readonly maintenance: boolean;
  readonly limits: {
    /** Requests per ten seconds for the whole project. */
    readonly projectRequests: number;
    /** Bytes of one request's body, declared or not. */
    readonly bodyBytes: number;
  };
}

export interface EdgeCertificate {
  /** The first host name; names the file too. */
  readonly name: string;
  readonly hosts: readonly string[];
  /** Chain, then key, as HAProxy wants it. */
  readonly pem: string;
}

export interface EdgeConfig {
  readonly backends: readonly EdgeBackend[];
  /** Host name (or `*.example.org`) to slot. */
  readonly routes: readonly { readonly host: string; readonly slot: number }[];
  readonly certificates: readonly EdgeCertificate[];
  /** ACME HTTP-01: token to key authorization (RFC 8555 section 8.3). */
  readonly challenges: readonly { readonly token: string; readonly keyAuthorization: string }[];
  /** Slots to keep pre-provisioned; growing it is the one change that reloads. */
  readonly slots: number;
}

export interface EdgeServerHealth {
  readonly slot: number;
  readonly name: string;
  readonly up: boolean;
  readonly state: 'candidate' | 'ready' | 'draining' | 'maintenance';
  /** The last check in words, for example `HTTP 503` or `connection refused`. */
  readonly check: string;
  readonly currentSessions: number;
}

/**
 * The load balancer. Promises: files first, so that a restart comes back with the same routes; then the running
 * process is brought to the same state over its socket; a reload happens only when the number of slots grows and
 * drops no connection; a configuration that HAProxy refuses changes nothing (`edge_config_refused`).
 */
export interface Edge {
  apply(config: EdgeConfig): Promise<Outcome<{ readonly changes: number; readonly reloaded: boolean }>>;
  health(): Promise<Outcome<readonly EdgeServerHealth[]>>;
}
