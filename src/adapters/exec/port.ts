import type { Writable } from 'node:stream';
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

/** What flows into and out of a program while it runs, beyond what fits into memory. */
export interface Flow {
  /**
   * Writes the program's input. It may not end `stdin`: the input is closed only after this said success. Where it
   * refuses or throws, the program is interrupted (SIGINT, killed 30 s later) with its input still open, so that it
   * never takes a part for the whole. `signal` aborts when the program ended first.
   */
  readonly write?: (stdin: Writable, signal: AbortSignal) => Promise<Outcome<void>>;
  /** Takes the program's output, unlimited; then `Ran.stdout` is empty. It is not ended: whoever made it does that. */
  readonly stdout?: Writable;
  readonly onLine?: (line: string, source: 'stdout' | 'stderr') => void;
  /** Interrupts the program like a writer that refused. */
  readonly signal?: AbortSignal;
}

/**
 * Runs programs that read or write streams. The same promises as Runner, and: a program whose writer did not succeed,
 * or whose taker closed early, never ends as a success. Refusals: `exec_not_found`, `exec_timeout`,
 * `exec_interrupted`, and the writer's own.
 */
export interface Piper {
  pipe(command: Command, flow: Flow): Promise<Outcome<Ran>>;
}
