import type { Outcome } from '../../kernel/refusal.ts';

/** One place that answers for an app: a task's published port on its node, or a unix socket of the platform. */
export interface EdgeServer {
  /** Unique within its backend and stable, for example `v12-3fk2`. */
  readonly name: string;
  readonly target: { readonly address: string; readonly port: number } | { readonly socket: string };
  /** `candidate` is health-checked and gets no traffic; `draining` finishes what it has. */
  readonly state: 'candidate' | 'ready' | 'draining';
  /** Asked every second, with the backend's `host`; anything but 2xx is unhealthy. */
  readonly healthPath: string;
}

export interface EdgeBackend {
  /** The app's slot, 1 … n: a pre-provisioned backend section, so that a new app needs no reload. 0 is the platform's API. */
  readonly slot: number;
  readonly app: string;
  readonly project: string;
  /** Host header of the health checks: one of the app's own names, so that an app that refuses strange hosts answers. */
  readonly host: string;
  readonly servers: readonly EdgeServer[];
  /** Names of servers that are about to end: whoever is there finishes what it has, and nobody is added. */
  readonly leaving: readonly string[];
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

export interface EdgeApplied {
  /** Commands that the running process took. */
  readonly changes: number;
  readonly reloaded: boolean;
  /** Servers that are out of use but still have a connection; the next apply removes them. */
  readonly leaving: number;
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
 * process is brought to the same state over its socket; a reload happens only when the number of slots or the settings
 * change, and drops no connection; a configuration that HAProxy refuses changes nothing (`edge_config_refused`).
 * A new server gets no request before its first check has passed.
 */
export interface Edge {
  /** Writes the files only: what a load balancer that is about to start needs. Refusals: `edge_config_refused`. */
  prepare(config: EdgeConfig): Promise<Outcome<void>>;
  /** Refusals: `edge_config_refused`, `edge_unreachable` (files are in place), `edge_command_refused`, `edge_reload_failed`. */
  apply(config: EdgeConfig): Promise<Outcome<EdgeApplied>>;
  /** Every server that may get or finish requests; one that only waits to be removed is not told. Refusals: `edge_unreachable`. */
  health(): Promise<Outcome<readonly EdgeServerHealth[]>>;
}
