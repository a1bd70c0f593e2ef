import type { Outcome } from '../../kernel/refusal.ts';

/**
 * Makes Debian root file systems. Promises: every package's signature is checked against the machine's Debian
 * keyring; the same mirror state and packages give the same tar; nothing is left behind but the file asked for.
 * Refusals: `apt_mirror_missing`, `stack_bootstrap_failed`, `exec_not_found`, `exec_timeout`.
 */
export interface Bootstrap {
  /** The base of a suite (its essential packages and package lists), to be used for all its stacks. */
  base(suite: string, out: string, onLine: (line: string) => void): Promise<Outcome<void>>;
  /** Base and packages, unpruned. `packages` are names that `isPackageName` accepts; `base` has no spaces. */
  root(spec: RootRequest, onLine: (line: string) => void): Promise<Outcome<void>>;
}

export interface RootRequest {
  readonly suite: string;
  readonly base: string;
  readonly packages: readonly string[];
  readonly out: string;
}
