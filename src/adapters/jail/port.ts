import type { Outcome } from '../../kernel/refusal.ts';

export interface JailLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  /** What the jail may write altogether, its volume included. */
  readonly diskBytes: number;
  /** Wall time from opening to closing. */
  readonly seconds: number;
}

export interface JailSpec {
  /** Which of this node's places; each has its own user range, network and limits. */
  readonly slot: number;
  /** Unpacked root file system whose programs run inside, for example the builder stack's. */
  readonly rootfs: string;
  /** A file that holds the jail's own ext4 file system; kept between jobs, so it is a cache too. */
  readonly volume: string;
  readonly limits: JailLimits;
  /** Files of the jail's own /etc and /jail, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Directories of the host that the jail sees read-only, by their place inside. */
  readonly readOnly: Readonly<Record<string, string>>;
  /** Volumes of earlier jails of this slot, whose `storage` the jail sees read-only, by its place inside. */
  readonly readOnlyVolumes: Readonly<Record<string, string>>;
}

export interface JailCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What the limits' own counters say. */
export interface JailUse {
  readonly memoryPeakBytes: number;
  readonly outOfMemoryKills: number;
  readonly refusedForks: number;
  readonly diskFreeBytes: number;
}

export interface JailRun {
  readonly code: number;
  /** The last lines of both outputs. */
  readonly tail: readonly string[];
  /** Why it ended early, if it did. */
  readonly ended?: 'timeout' | 'cancelled';
}

export interface Jail {
  /** Where the jail's volume is on the host: what is in it was written by strangers, so follow no link. */
  readonly volumeDir: string;
  run(command: JailCommand, onLine?: (line: string) => void, signal?: AbortSignal): Promise<Outcome<JailRun>>;
  use(): Promise<JailUse>;
  /** Ends every process and takes away all that was set up. Keeps the volume's file. */
  close(): Promise<void>;
}

/**
 * Opens jails for hostile work. Promises: what runs inside is an unprivileged user of the host, in namespaces of its
 * own, without new privileges, within its limits from the first instruction; it sees no file, process or socket of
 * the host but what the spec names; it reaches public addresses on TCP 80 and 443 and the resolvers, nothing else.
 * Refusals: `jail_unavailable`.
 */
export interface Jails {
  open(spec: JailSpec): Promise<Outcome<Jail>>;
  /** Takes away what a killed agent left in any slot. Answers how many slots had something. */
  sweep(): Promise<number>;
}
