import type { Kysely } from 'kysely';
import type { ConfigFiles, DatabaseEngine, EngineName } from '../../adapters/databases/port.ts';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Binding, Seal } from '../../adapters/envelope/port.ts';
import type { Pki } from '../../adapters/pki/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Conduct } from '../terminals/model.ts';

/** Files of databases in the project's storage, as a test replaces them. */
export interface DatabaseFiles {
  /** Writes files for a server's user on the host, each beside and renamed. */
  write(directory: string, files: ConfigFiles, owner: number): Promise<Outcome<void>>;
  /** All are as they should be, and the certificate is good for a while. */
  configured(directory: string, files: ConfigFiles, now: number): Promise<boolean>;
  /** The server that runs has read the certificate that is there; `noteServed` says so. */
  served(directory: string): Promise<boolean>;
  noteServed(directory: string): Promise<Outcome<void>>;
  /** The directory is there and was given to a container's user. */
  given(path: string): Promise<boolean>;
  exists(path: string): Promise<boolean>;
  /** Bytes on the disk of everything below; what goes away meanwhile counts nothing. */
  used(path: string): Promise<number>;
}

/** What the databases capability needs of the rest; main/agent puts it together. */
export interface DatabasesDeps {
  readonly db: Kysely<Database>;
  readonly engine: Engine;
  readonly engines: ReadonlyMap<EngineName, DatabaseEngine>;
  /** The platform's authority: clients verify databases with it. */
  readonly pki: Pki;
  readonly seal: Seal;
  readonly open: (projectId: string, binding: Binding, sealed: string) => Promise<Outcome<Secret>>;
  /** `host:port/repository@sha256:…` of a stack that is made on this node; made when there is none. */
  readonly image: (stack: string, onLine: (line: string) => void) => Promise<Outcome<string>>;
  readonly registryAuth: Secret;
  /** Joins a person's terminal to a program. */
  readonly conduct: Conduct;
  /** The project's storage is mounted and unlocked. */
  readonly storageReady: (projectId: string) => Promise<boolean>;
  readonly files: DatabaseFiles;
  /** Addresses at which gateways reach databases; certificates carry them. */
  readonly addresses: readonly string[];
}
