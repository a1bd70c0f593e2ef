import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Outcome } from '../../kernel/refusal.ts';

/** A place that a canary must not be found in, or must: what is read there, as it lies. */
export interface Place {
  readonly place: string;
  /** Files, devices, or directories that are read whole. */
  readonly paths: readonly string[];
}

/** What a vault answered to an attempt with the platform's own credentials. */
export interface Attempt {
  readonly vault: string;
  readonly attempt: string;
  /** Status of HTTP; null where there was no answer. */
  readonly status: number | null;
  /** Whether what was attacked is as it was. */
  readonly intact: boolean | null;
  readonly said: string;
}

/** What the agent's looks at the machine work with. */
export interface ControlsDeps {
  readonly db: Kysely<Database>;
  /** Where this platform keeps what a project stores. */
  places(projectId: string): Promise<readonly Place[]>;
  /** Writes back what the kernel still holds, so that the disk has it. */
  flush(projectId: string): Promise<Outcome<void>>;
  /** Tries to delete, overwrite and forget the project's backups; undefined where no vault has any. */
  tamper(projectId: string): Promise<Outcome<readonly Attempt[] | undefined>>;
  /** Opens b's repository with a's key; undefined where no vault has it. */
  foreignKey(a: string, b: string): Promise<Outcome<readonly Attempt[] | undefined>>;
}
