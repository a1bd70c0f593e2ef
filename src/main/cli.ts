import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { exitCodes } from '../cli/exit.ts';
import { runCli } from '../cli/run.ts';
import { commandTable } from '../cli/table.ts';
import { processEnd } from '../cli/terminal.ts';

const { env, stdin, stdout, stderr } = process;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
// A reader that closes early (`| head`) is no fault of ours.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

/** Replaces this program by one that is found as a shell would find it; there is no shell between. */
function become(program: string, args: readonly string[]): void {
  for (const directory of (env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const file = join(directory, program);
    try {
      accessSync(file, constants.X_OK);
    } catch {
      continue;
    }
    process.execve?.(file, [program, ...args], env);
  }
}

process.exitCode = await runCli(commandTable, {
  argv: process.argv.slice(2),
  cwd: process.cwd(),
  configDir: join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'bastide'),
  server: env.BASTIDE_SERVER,
  token: env.BASTIDE_TOKEN,
  color: stdout.isTTY === true && !env.NO_COLOR,
  stdin,
  interactive: stdin.isTTY === true && stdout.isTTY === true,
  terminal: processEnd(stdin, stdout, stderr, env.TERM),
  out: stdout,
  err: stderr,
  signal: stop.signal,
  version: '0.1.0',
  become,
}).catch((error: unknown) => {
  // Ctrl-C where something was asked: whoever pressed it knows.
  if (error instanceof Error && error.name === 'AbortError') return exitCodes.interrupted;
  throw error;
});
// A pipe that is still open at the other end would keep the program waiting.
stdin.destroy();
