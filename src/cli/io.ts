import type { Readable } from 'node:stream';
import type { OperationView } from '../kernel/operation.ts';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import { findApp } from './app-name.ts';
import type { Client } from './client.ts';
import { given, type Input } from './command.ts';
import type { CliConfig } from './config.ts';
import type { Printer } from './print.ts';
import { type FollowOptions, follow } from './progress.ts';
import type { TerminalEnd } from './terminal.ts';

/** What a command has to work with. */
export interface Io {
  readonly api: Client;
  readonly print: Printer;
  /** Directory that the command was started in. */
  readonly cwd: string;
  /** Directory of the configuration. */
  readonly configDir: string;
  readonly config: CliConfig | undefined;
  readonly stdin: Readable;
  readonly interactive: boolean;
  /** The person's end of sessions. */
  readonly terminal: TerminalEnd;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly reason: string | undefined;
  /** Becomes a program of this computer, found by its name; answers only where there is none. */
  readonly become: (program: string, args: readonly string[]) => void;
}

/** Which app is meant: `--app`, else what the directory says. Refuses `cli_no_app`. */
export async function appOf(io: Io, input: Input): Promise<Outcome<string>> {
  return given(input, 'app') ?? findApp(io.cwd);
}

/**
 * Shows a submitted operation to its end; `--detach` (options.detach) only names it. The operation's id is printed
 * first, so that it is known whatever happens then.
 */
export async function watch(
  io: Io,
  submitted: Outcome<{ operationId: string }>,
  options: FollowOptions & { readonly detach?: boolean } = {},
): Promise<Outcome<OperationView | undefined>> {
  if (isRefusal(submitted)) return submitted;
  const { operationId } = submitted;
  if (options.detach) {
    io.print.done({ operationId }, `operation ${operationId}`);
    return undefined;
  }
  if (!options.quiet) io.print.line(io.print.colors.dim(`operation ${operationId}`));
  return follow(io.api, io.print, operationId, io.signal, options);
}
