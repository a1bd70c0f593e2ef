import type { Readable, Writable } from 'node:stream';
import type { EngineName } from '../../kernel/databases.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

export type { EngineName };

/** What a database may use, from its plan. */
export interface DatabaseLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly connections: number;
  readonly diskBytes: number;
}

/** One database as an engine sees it: one server with one database in it. */
export interface Instance {
  readonly id: string;
  /** Lower-case letters, digits and dashes; unique on the platform. */
  readonly name: string;
  /** One of the engine's `versions`. */
  readonly version: string;
  readonly limits: DatabaseLimits;
  /** The name that apps of the project use: `<name>.db`. Its certificate carries it. */
  readonly host: string;
}

export interface Credential {
  readonly user: string;
  readonly password: Secret;
}

/** The database's own certificate and what it was signed by, PEM. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: Secret;
  readonly ca: string;
}

/** A file of the server's configuration, by its name in the config directory; 0400, owned by the server's user. */
export type ConfigFiles = Readonly<Record<string, string | Secret>>;

/** How the server runs in a container. Everything else (no capabilities, read-only root …) is the engine's own rule. */
export interface Shape {
  /** Name of the stack that it runs on: stacks/<name>. */
  readonly stack: string;
  /** User and group in the container; files on the host belong to it below the user namespace. */
  readonly uid: number;
  readonly port: number;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Directories below `databases/<id>/`, made before the first start, and where they are mounted. */
  readonly directories: readonly {
    readonly name: 'data' | 'config' | 'wal';
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  /**
   * Writable for the server's user only where the image has no directory of that name (or /tmp): runc gives a mount
   * the mode of what it covers, so /run itself stays root's.
   */
  readonly tmpfs: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly pids: number;
  readonly stopSignal: string;
  readonly stopGraceSeconds: number;
}

/** A way into the running server's container, as the server's own user. */
export interface Session {
  readonly instance: Instance;
  run(
    argv: readonly string[],
    stdin?: string | Secret,
  ): Promise<Outcome<{ code: number; stdout: string; stderr: string }>>;
  stream(
    argv: readonly string[],
    options: {
      readonly stdin?: Readable;
      readonly stdout: Writable;
      readonly env?: Readonly<Record<string, string | Secret>>;
      readonly user?: string;
      readonly signal?: AbortSignal;
    },
  ): Promise<Outcome<{ code: number; stderr: string }>>;
}

export interface DatabaseInfo {
  readonly version: string;
  readonly sizeBytes: number;
  readonly connections: number;
  readonly maxConnections: number;
  /** 0 to 1 of reads that were answered from memory; null where nothing was read yet. */
  readonly cacheHit: number | null;
  /** The slowest statements on average, without their values; empty where the engine keeps none. */
  readonly slow: readonly { readonly query: string; readonly calls: number; readonly meanMs: number }[];
  readonly extensions: readonly string[];
}

/** What a copy must be equal to. Two manifests of the same content are equal text as JSON. */
export interface Manifest {
  /** sha-256 over the definitions of everything in the database. */
  readonly schema: string;
  /** Sorted by name. `checksum` does not depend on the order of the rows. */
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly checksum: string }[];
}

/**
 * A client program for people, run inside the server's container as nobody (65534), over TLS, as the credential.
 * The certificate authority is at /etc/bastide/ca.pem there, as in every container that may talk to a database.
 */
export interface Client {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | Secret>>;
}

/**
 * One kind of database. Pure where it describes (shape, files, url, client); the rest works through a Session.
 * Promises: every change is idempotent; a user that is made here can do anything in its own database and nothing to
 * the server, its files or other databases; two users of one database see the same objects, whoever made them; a
 * password never is in an argv or in the server's log; `dump` answers only when the dump is whole.
 * Refusals begin with `database_`; `database_command_failed` carries the last line that the server said.
 */
export interface DatabaseEngine {
  readonly name: EngineName;
  /** Of the URL: `postgres`, `mysql`, `rediss`. */
  readonly scheme: string;
  /** The config var of an app's first database of this kind, for example DATABASE_URL. */
  readonly variable: string;
  /** Newest last; the last one is the default. */
  readonly versions: readonly string[];
  shape(instance: Instance): Shape;
  files(instance: Instance, tls: ServerTls): ConfigFiles;

  /** Name of the n-th user of a database; unique on the platform, as a gateway tells projects apart by it. */
  user(instance: Instance, generation: number): string;
  /** Name of the database inside the server; unique on the platform too. */
  database(instance: Instance): string;
  url(instance: Instance, credential: Credential, ca: string): Secret;
  client(instance: Instance, credential: Credential): Client;

  /** Answers and takes queries. Not ready is an answer. */
  ready(session: Session): Promise<Outcome<boolean>>;
  /** The database, its owner and what nobody may do; from any state, again without change. */
  prepare(session: Session): Promise<Outcome<void>>;
  /** Makes the user or gives it this password; never disturbs another one. */
  setUser(session: Session, credential: Credential): Promise<Outcome<void>>;
  /** Ends its connections and removes it; what it made stays. Gone already is fine. */
  dropUser(session: Session, user: string): Promise<Outcome<void>>;
  /** Names of the users that `setUser` made. */
  users(session: Session): Promise<Outcome<readonly string[]>>;
  info(session: Session): Promise<Outcome<DatabaseInfo>>;

  /** A logical dump to the stream, and the manifest of the very same snapshot. The stream is not ended. */
  dump(session: Session, out: Writable, signal: AbortSignal): Promise<Outcome<Manifest>>;
  /** Into a database that `prepare` has just made; all or a refusal. */
  restore(session: Session, from: Readable, signal: AbortSignal): Promise<Outcome<void>>;
  manifest(session: Session, signal: AbortSignal): Promise<Outcome<Manifest>>;

  /**
   * What somebody's query answers, first field of the first line, asked as their own user from outside of the server's
   * account: within a minute, and in a transaction that only reads. Refusals: `database_question_failed`,
   * `database_answers_no_query`. The query is not trusted: ask only a server that is taken apart afterwards.
   */
  ask(session: Session, credential: Credential, query: string, signal: AbortSignal): Promise<Outcome<string>>;
  /** Takes its certificate from its files again, and what else it can; no connection ends. */
  reload(session: Session): Promise<Outcome<void>>;

  /** Until told otherwise no user gets in, and those who are in are put out: while a copy is made that takes over. */
  freeze(session: Session, frozen: boolean): Promise<Outcome<void>>;
  /**
   * The plan's disk is full: until told otherwise users, those of later too once it is asked again, read and remove and
   * add nothing; sessions that could still write end. The platform itself, dumps and restores go on. Where the engine
   * lets a session say that it writes all the same (PostgreSQL), it may: that is how room is made there.
   */
  holdWrites(session: Session, held: boolean): Promise<Outcome<void>>;
  /** Extensions that may be switched on; empty where the engine has none. */
  readonly extensions: readonly string[];
  setExtension(session: Session, extension: string, on: boolean): Promise<Outcome<void>>;
}
