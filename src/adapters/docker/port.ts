import type { Readable, Writable } from 'node:stream';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Size } from '../../kernel/terminal.ts';

/** Limits of one container. Every container has them. */
export interface Limits {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
}

/** A directory of this node in a container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A small public file that the engine hands to every task of a service, on any node; root's, readable by all. */
export interface ServiceFile {
  readonly path: string;
  readonly content: string;
}

export interface Tmpfs {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * A replicated service. What is not a field here cannot be asked for: every service runs with a read-only root,
 * no capabilities, no new privileges, a numeric non-root user, the engine's own seccomp profile and `--init`.
 */
export interface ServiceSpec {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `host:port/repository@sha256:…`, never a tag. */
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string | Secret>>;
  readonly user: string;
  readonly replicas: number;
  /** Name of the project's network. */
  readonly network: string;
  readonly aliases?: readonly string[];
  /** Port inside the container that the edge reaches: published host-mode on a free port of the internal address. */
  readonly port?: number;
  readonly limits: Limits;
  readonly tmpfs: readonly Tmpfs[];
  readonly stopGraceSeconds: number;
  /** `any`: restart for ever (with back-off). `none`: one-off, its exit is the answer. */
  readonly restart: 'any' | 'none';
  /**
   * Directories of the project that `bastide.project` names, and of no other: anything else is refused
   * (`engine_mount_refused`), and so is one to which a link leads. With mounts the old task ends before a new one starts: two never share a directory.
   */
  readonly mounts?: readonly Mount[];
  readonly files?: readonly ServiceFile[];
  /** Id of the node that it must run on: where its directories are. */
  readonly node?: string;
  /** The image's own unless told. */
  readonly stopSignal?: string;
}

export interface ServiceFacts {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly replicas: number;
}

export interface TaskFacts {
  readonly id: string;
  readonly service: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly slot: number;
  /** The engine's word: new, pending, preparing, starting, running, complete, failed, rejected, shutdown … */
  readonly state: string;
  readonly wantedState: string;
  readonly error: string | undefined;
  readonly exitCode: number | undefined;
  readonly nodeId: string | undefined;
  readonly containerId: string | undefined;
  readonly publishedPort: number | undefined;
  readonly at: string;
}

/** A container of the platform itself (the `system` project), started by the agent on this node only. */
export interface ContainerSpec {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string | Secret>>;
  readonly user: string;
  /** `none`, `host` (the edge only; implies the host's user namespace) or a network's name. */
  readonly network: string;
  readonly mounts: readonly Mount[];
  readonly tmpfs: readonly Tmpfs[];
  /** Fixed ports on the given host address, for example 10.200.0.1. */
  readonly ports: readonly { readonly address: string; readonly host: number; readonly container: number }[];
  readonly limits: Limits;
  readonly stopGraceSeconds: number;
  /** SIGTERM unless told. */
  readonly stopSignal?: string;
  /** `any` unless told: comes back when it ends and when the engine restarts. `none`: runs once. */
  readonly restart?: 'any' | 'none';
}

export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly state: string;
  readonly exitCode: number | undefined;
  /** sha256 of the ContainerSpec it was made from, so that a changed spec is noticed. */
  readonly specHash: string | undefined;
}

/** A program in a running container whose input and output are streams of any length. */
export interface ExecStream {
  /** Nothing is given where it is left out. */
  readonly stdin?: Readable;
  /** Written with back-pressure; not ended here. */
  readonly stdout: Writable;
  readonly env?: Readonly<Record<string, string | Secret>>;
  /** `uid:gid`; the container's own unless told. */
  readonly user?: string;
  /** Gives up: the input ends and nothing more is read. The program inside ends by its closed pipes. */
  readonly signal?: AbortSignal;
}

/** A program that a person works with. */
export interface Terminal {
  /** Ends with the program. With a terminal all of it is `stdout`. */
  readonly output: AsyncIterable<{ readonly source: 'stdout' | 'stderr'; readonly data: Buffer }>;
  /** Resolves when there is room for more. */
  write(data: Buffer): Promise<void>;
  /** No more input; output goes on. */
  end(): void;
  resize(size: Size): Promise<void>;
  /** Once the output has ended. Refuses `engine_stream_broken` where the program still runs. */
  ended(): Promise<Outcome<{ code: number }>>;
  /** Ends the program, wherever it is. */
  kill(): Promise<void>;
}

export interface NetworkSpec {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly driver: 'overlay' | 'bridge';
  /** No way out at all. */
  readonly internal: boolean;
  readonly subnet?: string;
  readonly options?: Readonly<Record<string, string>>;
}

export interface LogLine {
  readonly at: string;
  readonly source: 'stdout' | 'stderr';
  readonly text: string;
  /** Of a service: the task that wrote it. */
  readonly task?: string;
}

export interface EngineFacts {
  readonly version: string;
  readonly swarm: 'inactive' | 'active' | 'locked' | string;
  readonly nodeId: string | undefined;
  readonly securityOptions: readonly string[];
  readonly containers: number;
  readonly root: string;
  /** The daemon's own labels: what it was configured with says so itself. */
  readonly labels: readonly string[];
}

/**
 * The Docker Engine API over its socket, version 1.41.
 * Promises: removing what is gone and creating what is there (same name) succeed; nothing is retried unless it is
 * safe; an error of the engine is a refusal `engine_error` (or `engine_unreachable`, `image_missing`).
 */
export interface Engine {
  facts(): Promise<Outcome<EngineFacts>>;
  swarmInit(options: {
    advertise: string;
    listen: string;
    pool: string;
    poolMask: number;
  }): Promise<Outcome<void>>;
  swarmLeave(): Promise<Outcome<void>>;

  networkEnsure(spec: NetworkSpec): Promise<Outcome<{ id: string }>>;
  networkRemove(name: string): Promise<Outcome<void>>;
  networks(): Promise<
    Outcome<readonly { id: string; name: string; labels: Readonly<Record<string, string>> }[]>
  >;

  /** `auth` is the registry's login as JSON ({username, password, serveraddress}), `{}` where mutual TLS is all. */
  serviceCreate(spec: ServiceSpec, auth?: Secret): Promise<Outcome<{ id: string }>>;
  serviceScale(name: string, replicas: number): Promise<Outcome<void>>;
  /** Replaces every task of the service, new one first. */
  serviceRestart(name: string): Promise<Outcome<void>>;
  serviceRemove(name: string): Promise<Outcome<void>>;
  services(labels: Readonly<Record<string, string>>): Promise<Outcome<readonly ServiceFacts[]>>;
  /** Tasks of services that carry all of the labels, newest first. */
  tasks(labels: Readonly<Record<string, string>>): Promise<Outcome<readonly TaskFacts[]>>;

  /** Starts it if it is missing or stopped; replaces it if its spec has changed. */
  containerEnsure(spec: ContainerSpec): Promise<Outcome<{ id: string; changed: boolean }>>;
  containers(labels: Readonly<Record<string, string>>): Promise<Outcome<readonly ContainerFacts[]>>;
  containerStop(name: string): Promise<Outcome<void>>;
  containerRemove(name: string): Promise<Outcome<void>>;
  containerSignal(name: string, signal: string): Promise<Outcome<void>>;
  /** Runs a program inside a running container; stdin is given whole. */
  exec(
    container: string,
    argv: readonly string[],
    stdin?: string | Secret,
  ): Promise<Outcome<{ code: number; stdout: string; stderr: string }>>;

  /**
   * The same for dumps and restores: nothing is kept in memory but the last 64 KiB of its errors. A program that was
   * cut off answers `engine_stream_broken`, never a code: what was written until then is not whole.
   */
  execStream(
    container: string,
    argv: readonly string[],
    options: ExecStream,
  ): Promise<Outcome<{ code: number; stderr: string }>>;

  /**
   * The same for a person who works with it: with a terminal where a size is given. The container is named by its whole id.
   */
  execTerminal(
    container: string,
    argv: readonly string[],
    options: Pick<ExecStream, 'env' | 'user'> & { readonly size?: Size },
  ): Promise<Outcome<Terminal>>;

  /** Lines of a container or of all tasks of a service; ends by itself unless `follow`. */
  logs(
    of: { container: string } | { service: string },
    options: { follow: boolean; tail?: number; since?: string; signal?: AbortSignal },
  ): AsyncIterable<LogLine>;

  /** Loads a docker-archive tar and answers the ids (`sha256:…`) of the images in it. */
  imageLoad(tarFile: string): Promise<Outcome<readonly string[]>>;
  imagePull(reference: string, auth: Secret): Promise<Outcome<void>>;
  imageFacts(
    reference: string,
  ): Promise<Outcome<{ id: string; digests: readonly string[]; layers: readonly string[] }>>;
  imageRemove(reference: string): Promise<Outcome<void>>;
  images(): Promise<Outcome<readonly { id: string; digests: readonly string[]; bytes: number }[]>>;

  /** Wakes on anything that happened to containers; for followers that then look again. */
  events(
    signal: AbortSignal,
  ): AsyncIterable<{ type: string; action: string; labels: Readonly<Record<string, string>> }>;
}
