import { isRefusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Client } from './client.ts';
import { engineUnreachable } from './errors.ts';
import { makeExecStream } from './exec-stream.ts';
import { makeFrameSplitter } from './frames.ts';
import type { Engine } from './port.ts';
import { makeExecTerminal } from './terminal.ts';

const OUTPUT_LIMIT = 16 * 1024 * 1024;

export function makeExec(client: Client): Pick<Engine, 'exec' | 'execStream' | 'execTerminal'> {
  return {
    execStream: makeExecStream(client),
    execTerminal: makeExecTerminal(client),
    async exec(container, argv, stdin) {
      const made = await client.call<{ Id: string }>({
        method: 'POST',
        path: `/containers/${encodeURIComponent(container)}/exec`,
        body: { Cmd: [...argv], AttachStdin: stdin !== undefined, AttachStdout: true, AttachStderr: true },
      });
      if (isRefusal(made)) return made;
      const socket = await client.hijack(`/exec/${made.Id}/start`, { Detach: false, Tty: false });
      if (isRefusal(socket)) return socket;

      const out = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      let size = 0;
      const split = makeFrameSplitter();
      try {
        if (stdin !== undefined) socket.end(stdin instanceof Secret ? stdin.reveal() : stdin);
        for await (const chunk of socket) {
          for (const { source, data } of split(chunk as Buffer)) {
            size += data.length;
            if (size <= OUTPUT_LIMIT) out[source].push(data);
          }
        }
      } catch (error) {
        return engineUnreachable(error instanceof Error ? error.message : String(error));
      } finally {
        socket.destroy();
      }
      const done = await client.call<{ ExitCode: number | null }>({
        method: 'GET',
        path: `/exec/${made.Id}/json`,
      });
      if (isRefusal(done)) return done;
      return {
        code: done.ExitCode ?? 137,
        stdout: Buffer.concat(out.stdout).toString('utf8'),
        stderr: Buffer.concat(out.stderr).toString('utf8'),
      };
    },
  };
}
