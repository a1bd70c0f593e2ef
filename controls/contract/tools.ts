/** Whose credentials a request carries: two neighbours, canary projects of their own, or nobody. */
export type Party = 'a' | 'b' | 'nobody';
export type Neighbour = 'a' | 'b';

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The code of a refusal; undefined where there was none. */
  readonly code: string | undefined;
}

export interface WebAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a TCP port answered: a handshake, a reset, silence, or a network that says no. */
export type Port = 'open' | 'closed' | 'silent' | 'unreachable';

export interface Handshake {
  readonly ok: boolean;
  readonly protocol: string | undefined;
  readonly cipher: string | undefined;
  readonly authorized: boolean;
  readonly validTo: string | undefined;
  readonly error: string | undefined;
}

export interface Ran {
  readonly code: number | undefined;
  readonly output: string;
}

/** What stands ready in a canary project, as its tenant sees it. */
export interface Canary {
  readonly organization: string;
  readonly project: string;
  readonly app: string;
  /** The app's public host name. */
  readonly host: string;
  /** Name of its PostgreSQL database. */
  readonly database: string;
  readonly volume: string;
}

/** The tools of an attack: a tenant's, an outsider's, and raw looks at the machine by the agent. No verdicts. */
export interface Tools {
  readonly position: 'inside' | 'outside';
  /** The platform's public address, as the prober reaches it. */
  readonly address: string;
  readonly domain: string;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Random text of 32 lower-case hexadecimal digits: a canary string, a name that nobody has. */
  token(): string;
  /** Progress, for whoever asked. Never a secret. */
  say(line: string): void;
  canary(of: Neighbour): Canary;
  /** Makes what a canary project lacks; answers what it still lacks, and why. */
  ensureCanary(of: Neighbour): Promise<readonly string[]>;
  /** A request to the public API. Throws only where there is no answer. */
  api(as: Party, method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  /** A change and its operation's end; throws where the operation does not end in time. */
  change(
    as: Neighbour,
    method: string,
    path: string,
    body?: unknown,
    timeoutMs?: number,
  ): Promise<{
    readonly refused: string | undefined;
    readonly status: string;
    readonly failure: string | undefined;
    readonly result: unknown;
  }>;
  /** A request to a public host through the edge. */
  web(
    url: string,
    options?: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<WebAnswer>;
  /** The address from which the platform sees the prober. */
  source(): Promise<string>;
  port(host: string, port: number, timeoutMs?: number): Promise<Port>;
  handshake(options: {
    servername: string;
    minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    ciphers?: string;
  }): Promise<Handshake>;
  /** Logs in to PostgreSQL as a client far away would; answers `in` or the server's or the network's refusal. */
  login(url: string): Promise<{ readonly in: boolean; readonly error: string | undefined }>;
  /** Runs a script of Node in a one-off container of the neighbour's app: the tenant's own position inside. */
  inside(of: Neighbour, script: string, input?: unknown, timeoutMs?: number): Promise<Ran>;
  /** A raw look by the agent at canary projects: counts, ages, status codes. Never a verdict, never a secret. */
  observe(kind: string, input: unknown, timeoutMs?: number): Promise<unknown>;
}
