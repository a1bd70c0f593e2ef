import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { type Client, path } from '../../../cli/client.ts';
import type { Printer } from '../../../cli/print.ts';
import { follow } from '../../../cli/progress.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { containerArgv } from '../../apps/source/model.ts';
import { terminalMissing } from '../errors.ts';

/** What a session by SSH wants of a one-off container. */
export interface OneOffWish {
  readonly app: string;
  /** As the customer wrote it; absent: a shell. */
  readonly command: string | undefined;
  /** The terminal that the client asked for; absent: none. */
  readonly terminal: { readonly columns: number; readonly rows: number; readonly type: string } | undefined;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

/**
 * The one way from the gate into a container. Answers the exit code. Whatever brings a terminal to it implements this,
 * and the gate needs no other change.
 */
export interface OneOff {
  open(wish: OneOffWish): Promise<Outcome<number>>;
}

const Ran = z.object({ exitCode: z.int().nullable() });

/** Commands that need no input, by the route that `bastide run` takes. */
export const runsOf = (api: Client, print: Printer): OneOff => ({
  async open({ app, command, stdout, stderr, signal }) {
    if (command === undefined) return terminalMissing();
    const body = { command: containerArgv(command), seconds: 3600 };
    const asked = await api.send('POST', path`/v1/apps/${app}/runs`, body, Accepted);
    if (isRefusal(asked)) return asked;
    const done = await follow(api, print, asked.operationId, signal, {
      quiet: true,
      onOutput: ({ source, data }) => {
        if (source !== 'exit') (source === 'stderr' ? stderr : stdout).write(`${data}\n`);
      },
    });
    if (isRefusal(done)) return done;
    return Ran.safeParse(done.result).data?.exitCode ?? 1;
  },
});
