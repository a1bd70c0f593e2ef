import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { isRefusal } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Client } from './client.ts';
import { streamBroken } from './errors.ts';
import { type Frame, makeFrameSplitter } from './frames.ts';
import type { Engine, Terminal } from './port.ts';
import { renderEnv } from './render.ts';

interface Inspected {
  readonly ExitCode: number | null;
  readonly Running?: boolean;
  readonly Pid?: number;
}

/** With a terminal there is one stream, as it is; without, the engine's frames. */
async function* outputOf(socket: Duplex, tty: boolean): AsyncGenerator<Frame> {
  const split = makeFrameSplitter();
  for await (const chunk of socket) {
    if (tty) yield { source: 'stdout', data: chunk as Buffer };
    else yield* split(chunk as Buffer);
  }
}

/** The engine reads a size only once the program runs. */
const RESIZE_TRIES = 20;

/** A program for a person: with a terminal of its own (`size`), or with three streams. */
export const makeExecTerminal =
  (client: Client): Engine['execTerminal'] =>
  async (container, argv, options) => {
    const tty = options.size !== undefined;
    const made = await client.call<{ Id: string }>({
      method: 'POST',
      path: `/containers/${encodeURIComponent(container)}/exec`,
      body: {
        Cmd: [...argv],
        Tty: tty,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        ...(options.env ? { Env: renderEnv(options.env) } : {}),
        ...(options.user ? { User: options.user } : {}),
      },
    });
    if (isRefusal(made)) return made;
    const at = `/exec/${made.Id}`;
    const socket = await client.hijack(`${at}/start`, { Detach: false, Tty: tty });
    if (isRefusal(socket)) return socket;
    // Who reads hears of it; who does not has ended it.
    socket.on('error', () => undefined);
    const inspect = () => client.call<Inspected>({ method: 'GET', path: `${at}/json` });

    const terminal: Terminal = {
      output: outputOf(socket, tty),
      async write(data) {
        if (socket.destroyed || socket.writableEnded) return;
        if (!socket.write(data)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
      },
      end: () => void socket.end(),
      async resize({ columns, rows }) {
        if (!tty) return;
        for (let tries = 0; tries < RESIZE_TRIES && !socket.destroyed; tries += 1) {
          const resized = await client.call<unknown>({
            method: 'POST',
            path: `${at}/resize`,
            query: { h: rows, w: columns },
          });
          if (!isRefusal(resized)) return;
          await sleep(50);
        }
      },
      async ended() {
        const done = await inspect();
        if (isRefusal(done)) return done;
        if (done.Running || done.ExitCode === null)
          return streamBroken('the connection ended before the program');
        return { code: done.ExitCode };
      },
      async kill() {
        socket.destroy();
        const left = await inspect();
        if (isRefusal(left) || !left.Running || !left.Pid) return;
        // The number may be somebody else's by now: only what is in this container is ended.
        const cgroup = await readFile(`/proc/${left.Pid}/cgroup`, 'utf8').catch(() => '');
        if (!cgroup.includes(container)) return;
        try {
          process.kill(left.Pid, 'SIGKILL');
        } catch {
          // It ended by itself.
        }
      },
    };
    if (options.size) await terminal.resize(options.size);
    return terminal;
  };
