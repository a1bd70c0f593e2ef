import type { Command } from '../../kernel/command.ts';
import type { Outcome } from '../../kernel/refusal.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/**
 * Runs programs. Promises: no shell is involved; the environment is the command's own; a program over its time
 * is killed with its process group; output beyond 16 MiB is cut. A non-zero exit is an answer, not a refusal.
 */
export interface Runner {
  /** Refusals: `exec_not_found`, `exec_timeout`. */
  run(command: Command, onLine?: (line: string, source: 'stdout' | 'stderr') => void): Promise<Outcome<Ran>>;
}

/** A program that runs on while its caller does other things. */
export interface Started {
  /** Absent where the program could not be started; then `done` says why. */
  readonly pid: number | undefined;
  readonly done: Promise<Outcome<Ran>>;
  /** Kills the program and its process group. */
  kill(signal?: NodeJS.Signals): void;
}

/** Starts programs that live longer than one call. The same promises as Runner. */
export interface Starter {
  start(command: Command, onLine?: (line: string, source: 'stdout' | 'stderr') => void): Started;
}
