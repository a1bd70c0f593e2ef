import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** What a sealed value belongs to. It is sealed in with the value, so that a row cannot be moved to another owner. */
export interface Binding {
  /** Id of the row that owns the value: an app, a database, a project. */
  readonly owner: string;
  /** What it is: the name of a config var, `password`, `storage`. */
  readonly name: string;
}

/** One generation of a project's key, as it is stored. */
export interface ProjectKey {
  /** age recipient: public, anybody may seal with it. */
  readonly recipient: string;
  /** Name of this generation, made of the recipient; every text that is sealed to it begins with it. */
  readonly keyId: string;
  /** The private half, encrypted with a root key; worth nothing without it. null: destroyed. */
  readonly wrapped: Uint8Array | null;
  readonly rootKeyId: string;
}

/** A project's key, all generations. */
export interface ProjectKeys {
  readonly id: string;
  readonly keys: readonly ProjectKey[];
}

/** Seals for a project. The API's half: it can close and never open. Refuses `seal_recipient_invalid`. */
export type Seal = (recipient: string, binding: Binding, value: Secret) => Promise<Outcome<string>>;

/**
 * The agent's half. Promises: a private key never leaves the process in clear; a value opens with its own project's
 * key and its own binding only; a changed byte anywhere is refused (`seal_broken`); a generation that is destroyed
 * opens nothing (`key_destroyed`); one that a root key wrapped which is not here is refused (`root_key_missing`).
 */
export interface Keychain {
  createProjectKey(projectId: string): Promise<Outcome<ProjectKey>>;
  open(project: ProjectKeys, binding: Binding, sealed: string): Promise<Outcome<Secret>>;
  /** The same generation, wrapped by the current root key. */
  rewrap(projectId: string, key: ProjectKey): Promise<Outcome<ProjectKey>>;
}

/**
 * The platform's root keys: a file, something given at start, or a key management service. Promises: `wrap` uses the
 * current generation; `unwrap` gives undefined for another `about`, a changed byte or a key that is not here; a
 * destroyed generation unwraps nothing again. Refuses `root_key_invalid`, and `root_key_given` where it cannot change them.
 */
export interface RootKeys {
  /** Oldest first; the last one is current. */
  ids(): Promise<Outcome<readonly string[]>>;
  wrap(about: string, plain: Buffer): Promise<Outcome<{ readonly keyId: string; readonly wrapped: Buffer }>>;
  unwrap(keyId: string, about: string, wrapped: Uint8Array): Promise<Outcome<Buffer | undefined>>;
  /** 32 bytes that follow from this generation and `purpose` and tell nothing of it; undefined where it is not here. */
  derive(keyId: string, purpose: string): Promise<Outcome<Buffer | undefined>>;
  /** Makes a new current generation and gives its id; the others stay. */
  add(): Promise<Outcome<string>>;
  /** Takes a generation away for ever. One that is not there is fine; the current one is refused. */
  destroy(keyId: string): Promise<Outcome<void>>;
}
