import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** What a sealed value belongs to. It is sealed in with the value, so that a row cannot be moved to another app. */
export interface Binding {
  /** Id of the app. */
  readonly app: string;
  /** Name of the config var. */
  readonly name: string;
}

export interface ProjectKey {
  /** age recipient: public, anybody may seal with it. */
  readonly recipient: string;
  /** The private half, encrypted with the root key; worth nothing without it. */
  readonly wrapped: Uint8Array;
  readonly rootKeyId: string;
}

/** Seals for a project. The API's half: it can close and never open. Refuses `seal_recipient_invalid`. */
export type Seal = (recipient: string, binding: Binding, value: Secret) => Promise<Outcome<string>>;

/**
 * The agent's half. Promises: a private key never leaves the process in clear; a value opens with its own project's
 * key and its own binding only; a changed byte anywhere is refused (`seal_broken`); a key that another root key
 * wrapped is refused (`root_key_changed`).
 */
export interface Keychain {
  readonly rootKeyId: string;
  createProjectKey(projectId: string): Promise<ProjectKey>;
  open(
    project: { readonly id: string; readonly key: Omit<ProjectKey, 'recipient'> },
    binding: Binding,
    sealed: string,
  ): Promise<Outcome<Secret>>;
}
