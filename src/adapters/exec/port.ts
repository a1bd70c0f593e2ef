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
