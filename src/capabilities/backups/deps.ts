import type { Writable } from 'node:stream';
import type { Kysely } from 'kysely';
import type { DatabaseEngine, EngineName, ServerTls, Session } from '../../adapters/databases/port.ts';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Piper, Runner } from '../../adapters/exec/port.ts';
import type { Repository, Restic } from '../../adapters/restic/port.ts';
import type { RecordSigner } from '../../adapters/signer/records.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { VaultRow } from './store.ts';

/** Directories of a project's encrypted storage, for what backups need for a while. */
export interface Scratch {
  /** Makes `path` (below the project's storage) for a container's user, and says where it is on the host. */
  make(projectId: string, path: string, uid: number): Promise<Outcome<string>>;
  remove(projectId: string, path: string): Promise<Outcome<void>>;
}

/** What backups work with; main/agent.ts puts it together. */
export interface BackupsDeps {
  readonly db: Kysely<Database>;
  readonly restic: Restic;
  readonly engine: Engine;
  readonly run: Runner & Piper;
  readonly signer: RecordSigner;
  readonly open: (
    projectId: string,
    binding: { readonly owner: string; readonly name: string },
    sealed: string,
  ) => Promise<Outcome<Secret>>;
  /** Where a repository is in a vault, and what the vault knows us by. */
  readonly place: (vault: VaultRow, repository: string) => Promise<Outcome<Omit<Repository, 'key'>>>;
  /** Key of the platform's own repository; made when there is none. It is in the recovery kit. */
  readonly platformKey: () => Promise<Outcome<Secret>>;
  readonly engines: ReadonlyMap<EngineName, DatabaseEngine>;
  /** The running server of a database. */
  readonly session: (databaseId: string) => Promise<Outcome<Session>>;
  /** A certificate for a server that nobody but us ever reaches. */
  readonly tls: (host: string) => Promise<Outcome<ServerTls>>;
  /** Id of a stack's image in this node's engine. */
  readonly image: (stack: string) => Promise<Outcome<string>>;
  readonly scratch: Scratch;
  readonly platform: {
    /** The control plane's database, whole. */
    readonly dump: (out: Writable, signal: AbortSignal) => Promise<Outcome<void>>;
    /** The registry's images. */
    readonly files: readonly string[];
  };
  /** Directory of finished downloads; `reader` may read them. */
  readonly downloads: { readonly dir: string; readonly reader: number };
  /** Everything that a PostgreSQL database has committed until now goes to the vaults now. */
  readonly shipNow: (databaseId: string) => Promise<Outcome<void>>;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly now: () => Date;
}
