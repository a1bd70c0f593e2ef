import type { Secret } from './secret.ts';

/**
 * A program to run, as data: built by pure functions, run by adapters/exec/run.ts alone, never by a shell.
 * Secrets fit into `stdin` and `env` only.
 */
export interface Command {
  /** The program, by absolute path or name, and its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string | Uint8Array | Secret;
  /** The whole environment: nothing is inherited but PATH. */
  readonly env?: Readonly<Record<string, string | Secret>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds until the program is killed; ten minutes unless told. */
  readonly timeoutMs?: number;
}
