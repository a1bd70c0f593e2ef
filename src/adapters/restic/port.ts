import type { Writable } from 'node:stream';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** One restic repository in one vault: a generation of a project's backups, with a key of its own. */
export interface Repository {
  /** Where the vault keeps it, `https://vault.example:8444/r/<projectId>-<n>/`; never with a user or password in it. */
  readonly url: string;
  /** Who the vault takes us for. */
  readonly user: string;
  readonly password: Secret;
  /** Opens the repository; the vault never has it. */
  readonly key: Secret;
  /** The vault's authority, PEM; nobody else is trusted. */
  readonly ca: string;
}

export interface Snapshot {
  /** The whole id, 64 hex digits: the SHA-256 of the snapshot's file in the vault. */
  readonly id: string;
  readonly takenAt: Date;
  readonly host: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
  readonly parent?: string;
}

export interface Saved {
  /** The whole id of the snapshot. */
  readonly snapshot: string;
  /** Bytes read from the source. */
  readonly bytes: number;
  /** Bytes that the repository did not have yet, before compression. */
  readonly added: number;
  readonly files: number;
  readonly seconds: number;
}

export interface Progress {
  readonly bytes: number;
  readonly totalBytes?: number;
  readonly seconds: number;
}

export interface Finding {
  readonly kind:
    | 'pack_missing'
    | 'pack_damaged'
    | 'index_damaged'
    | 'snapshot_damaged'
    | 'tree_damaged'
    | 'other';
  /** Id of the object, as far as restic names it. */
  readonly id: string | undefined;
  readonly said: string;
  /** Whole ids of the snapshots that need it; empty where that cannot be told: then take all to be affected. */
  readonly snapshots: readonly string[];
}

export interface Checked {
  /** Empty: the repository is sound, as far as it was read. */
  readonly findings: readonly Finding[];
  /** Which part of the packs was read in full. */
  readonly read: 'structure' | 'part' | 'all';
  readonly seconds: number;
}

export interface Part {
  /** From 1 to `of`: this part of all packs is read in full. `{ part: 1, of: 1 }` reads everything. */
  readonly part: number;
  readonly of: number;
}

export interface Running {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** Seconds until it is given up; six hours unless told. */
  readonly limitSeconds?: number;
}

/**
 * Drives restic 0.14. Promises: no secret is in argv or in the environment (0600 files below a root-only directory in
 * memory, removed afterwards; what walks through a tree of others has it in its environment, in a world that shows
 * nobody's environment); the vault is asked first whether it is there, so that a dead one is told within seconds;
 * one that stops answering meanwhile is given up after two minutes without progress; output is parsed, never passed on
 * with a secret in it. No cache is kept on disk unless `cache` was given to makeRestic.
 *
 * Refusals of all: `restic_vault_unreachable` (nobody answers), `restic_vault_untrusted` (its certificate is not of
 * `ca`), `restic_credential_refused` (it does not know us), `restic_vault_refused` (it does not allow that),
 * `restic_vault_full` (disk full or over today's limit), `restic_vault_slow` (no progress), `restic_repository_missing`,
 * `restic_key_wrong` (another project's, or another generation's), `restic_repository_damaged` (config, keys or index
 * cannot be read), `restic_locked`, `restic_interrupted`, `restic_failed`.
 */
export interface Restic {
  /** Makes the repository. Refusals: `restic_repository_exists`. */
  init(repo: Repository): Promise<Outcome<void>>;

  /**
   * One snapshot of one stream. `write` fills it and may not end it: only when `write` succeeded does restic see its
   * end. Where `write` refuses or throws, restic is interrupted and the repository is asked whether a snapshot was made
   * nevertheless: then `restic_partial_snapshot` with its id in details, else the writer's own refusal.
   * `name`: the file's path in the snapshot, such as `dump.pg`. Tags: `[a-zA-Z0-9._:=-]+`.
   */
  backupStream(
    repo: Repository,
    of: {
      readonly name: string;
      readonly tags: readonly string[];
      readonly write: (stdin: Writable, signal: AbortSignal) => Promise<Outcome<void>>;
    } & Running,
  ): Promise<Outcome<Saved>>;

  /**
   * One snapshot of directories, by a program that sees what is in `seeing` and nothing else of the machine: links in there
   * that others make meanwhile lead nowhere. `parent` is the snapshot that unchanged files are compared with, whole id; without it
   * every file is read. A file that could not be read makes it `restic_source_unreadable`, with the snapshot's id in
   * details: it is not a backup. One that does not let go of its reader makes it `restic_source_stalled`.
   */
  backupPaths(
    repo: Repository,
    of: {
      readonly paths: readonly string[];
      /** Directories of which no name on the way is a link. */
      readonly seeing: readonly string[];
      readonly tags: readonly string[];
      readonly parent?: string;
    } & Running,
  ): Promise<Outcome<Saved>>;

  /** All snapshots that the repository shows, oldest first. One that was removed is not missed here: keep your own list. */
  snapshots(repo: Repository): Promise<Outcome<readonly Snapshot[]>>;

  /** Structure always; with `read` also every byte of that part of the packs. What is wrong is an answer, not a refusal. */
  check(repo: Repository, of?: { readonly read?: Part } & Running): Promise<Outcome<Checked>>;

  /**
   * Writes one file of a snapshot to `out`, which is not ended; a directory as a tar, its names whole paths without the
   * first slash. Refusals: `restic_snapshot_missing`, `restic_path_missing`.
   */
  dump(repo: Repository, snapshot: string, path: string, out: Writable, of?: Running): Promise<Outcome<void>>;

  /**
   * Restores into `target`, verified against the repository's hashes. `include`: only what is below these paths, which are
   * paths and no patterns. Nothing but `target` is written to; where that is `/`, nothing but the paths of `include`.
   */
  restore(
    repo: Repository,
    snapshot: string,
    of: { readonly include?: readonly string[]; readonly target: string } & Running,
  ): Promise<Outcome<void>>;

  /** What the repository takes up in the vault. */
  stats(repo: Repository): Promise<Outcome<{ readonly bytes: number; readonly snapshots: number }>>;

  /** Removes locks whose owner is gone (restic: older than 30 minutes, or of a dead process of this host). */
  unlock(repo: Repository): Promise<Outcome<void>>;

  /** Ids of the keys that open the repository: one, always. More than one is somebody else's work. */
  keys(repo: Repository): Promise<Outcome<readonly string[]>>;
}
