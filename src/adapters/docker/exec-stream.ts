import { once } from 'node:events';
import type { Duplex, Writable } from 'node:stream';
import { isRefusal } from '../../kernel/refusal.ts';
import type { Client } from './client.ts';
import { streamBroken } from './errors.ts';
import { makeFrameSplitter } from './frames.ts';
import type { Engine, ExecStream } from './port.ts';
import { renderEnv } from './render.ts';

/** What is kept of the program's errors: the end says why. */
const STDERR_LIMIT = 64 * 1024;

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function give(stdout: Writable, data: Buffer, signal: AbortSignal): Promise<void> {
  if (stdout.destroyed || stdout.writableEnded) throw new Error('nobody takes the output any more');
  if (!stdout.write(data)) await once(stdout, 'drain', { signal });
}

/** Feeds the input while the output is read; the reason why it could not, if it could not. */
function feed(socket: Duplex, { stdin }: ExecStream): { failure: () => string | undefined } {
  let failure: string | undefined;
  stdin?.once('error', (error) => {
    failure = said(error);
    socket.destroy();
  });
  stdin?.pipe(socket);
  return { failure: () => failure };
}

export function makeExecStream(client: Client): Engine['execStream'] {
  return async (container, argv, options) => {
    const made = await client.call<{ Id: string }>({
      method: 'POST',
      path: `/containers/${encodeURIComponent(container)}/exec`,
      body: {
        Cmd: [...argv],
        AttachStdin: options.stdin !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        ...(options.env ? { Env: renderEnv(options.env) } : {}),
        ...(options.user ? { User: options.user } : {}),
      },
    });
    if (isRefusal(made)) return made;
    const socket = await client.hijack(`/exec/${made.Id}/start`, { Detach: false, Tty: false });
    if (isRefusal(socket)) return socket;

    const stop = new AbortController();
    const abort = () => {
      stop.abort();
      socket.destroy();
    };
    const broken = (error: Error) => {
      outputFailure = error.message;
      abort();
    };
    let outputFailure: string | undefined;
    options.stdout.once('error', broken);
    options.signal?.addEventListener('abort', abort, { once: true });
    if (options.signal?.aborted) abort();
    const input = feed(socket, options);
    let stderr: Buffer = Buffer.alloc(0);
    const split = makeFrameSplitter();
    try {
      for await (const chunk of socket) {
        for (const { source, data } of split(chunk as Buffer)) {
          if (source === 'stdout') await give(options.stdout, data, stop.signal);
          else stderr = Buffer.concat([stderr, data]).subarray(-STDERR_LIMIT);
        }
      }
    } catch (error) {
      return streamBroken(input.failure() ?? outputFailure ?? said(error));
    } finally {
      options.stdin?.unpipe(socket);
      options.stdout.removeListener('error', broken);
      options.signal?.removeEventListener('abort', abort);
      socket.destroy();
    }
    const failure = input.failure() ?? outputFailure;
    if (failure !== undefined) return streamBroken(failure);
    if (options.signal?.aborted) return streamBroken('it was stopped');
    const done = await client.call<{ ExitCode: number | null; Running?: boolean }>({
      method: 'GET',
      path: `/exec/${made.Id}/json`,
    });
    if (isRefusal(done)) return done;
    if (done.Running || done.ExitCode === null)
      return streamBroken('the connection ended before the program');
    return { code: done.ExitCode, stderr: stderr.toString('utf8') };
  };
}
