import { Accepted } from '../kernel/operation.ts';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import { path } from './client.ts';
import type { Input } from './command.ts';
import type { Io } from './io.ts';
import { join, type SessionIo } from './session.ts';

/** A person at a terminal, or something that comes on standard input; not where a program reads JSON. */
export const wantsSession = (io: Io, input: Input): boolean =>
  !io.print.json &&
  input.options.terminal !== false &&
  (input.options.record === true ||
    io.terminal.piped ||
    (io.interactive && io.terminal.size() !== undefined));

/** Opens a session at the address, joins this terminal to it, and gives the exit code of its program. */
export async function openSession(io: SessionIo, at: string, asked: object): Promise<Outcome<number>> {
  const size = io.interactive ? io.terminal.size() : undefined;
  const body = {
    ...asked,
    terminal: size ?? null,
    ...(io.terminal.term === undefined ? {} : { term: io.terminal.term }),
  };
  const opened = await io.api.send('POST', at, body, Accepted);
  if (isRefusal(opened)) return opened;
  return join(io, path`/v1/operations/${opened.operationId}/terminal`, {
    typing: size !== undefined || io.terminal.piped,
    tty: size !== undefined,
    onOutput: (source, data) => io.terminal.write(source, data),
  });
}
