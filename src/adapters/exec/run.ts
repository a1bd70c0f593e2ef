import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { failed, interrupted, notStarted, tookTooLong } from './errors.ts';
import { lineCutter } from './lines.ts';
import type { Flow, Piper, Ran, Runner, Started, Starter } from './port.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const OUTPUT_LIMIT = 16 * 1024 * 1024;
const TEN_MINUTES = 10 * 60_000;
/** How long an interrupted program may take to tidy up. */
const GRACE = 30_000;

const reveal = (value: string | Secret): string => (value instanceof Secret ? value.reveal() : value);

/** The one place that starts programs. */
export const runner: Runner & Starter & Piper = {
  run: (command, onLine) => begin(command, { ...(onLine && { onLine }) }).done,
  start: (command, onLine) => begin(command, { ...(onLine && { onLine }) }),
  pipe: (command, flow) => begin(command, flow).done,
};

function spawned(command: Command) {
  const [program, ...args] = command.argv;
  const env = Object.fromEntries(Object.entries(command.env ?? {}).map(([k, v]) => [k, reveal(v)]));
  return spawn(program, args, {
    env: { PATH, ...env },
    cwd: command.cwd ?? '/',
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    shell: false,
  });
}

function begin(command: Command, flow: Flow): Started {
  const { onLine } = flow;
  const [program] = command.argv;
  const started = performance.now();
  const child = spawned(command);
  const kill = (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It ended meanwhile.
    }
  };
  const done = new Promise<Outcome<Ran>>((resolve) => {
    const out = { stdout: '', stderr: '' };
    let stopped: Refusal | undefined;
    let grace: NodeJS.Timeout | undefined;
    /** Its input stays open: a program that reads on finds no end that it could take for the whole. */
    const interrupt = (why: Refusal) => {
      if (stopped) return;
      stopped = why;
      kill('SIGINT');
      grace = setTimeout(kill, GRACE);
    };
    const because = (why: string) => interrupt(interrupted(program, why));
    const ended = new AbortController();
    const taken = flow.stdout && takeOutput(child.stdout, flow.stdout, because);
    for (const source of ['stdout', 'stderr'] as const) {
      if (source === 'stdout' && taken) continue;
      const lines = onLine && lineCutter((line) => onLine(line, source));
      child[source].setEncoding('utf8').on('data', (text: string) => {
        if (out[source].length < OUTPUT_LIMIT) out[source] += text;
        lines?.take(text);
      });
      child[source].on('end', () => lines?.end());
    }
    let timedOut = false;
    const timeout = setTimeout(() => {
      timedOut = true;
      kill();
    }, command.timeoutMs ?? TEN_MINUTES);
    const onAbort = () => because('it was called off');
    const over = () => {
      clearTimeout(timeout);
      clearTimeout(grace);
      flow.signal?.removeEventListener('abort', onAbort);
      ended.abort();
    };
    child.on('error', (error) => {
      over();
      resolve(notStarted(program, error.message));
    });
    child.on('close', async (code) => {
      over();
      await taken;
      if (stopped) resolve(stopped);
      else if (timedOut) resolve(tookTooLong(program, (command.timeoutMs ?? TEN_MINUTES) / 1000));
      else resolve({ code: code ?? 137, ...out, ms: performance.now() - started });
    });
    if (flow.signal?.aborted) onAbort();
    flow.signal?.addEventListener('abort', onAbort);
    child.stdin.on('error', () => {});
    const input = command.stdin;
    if (flow.write) void feed(child.stdin, flow.write, ended.signal, interrupt, because);
    else child.stdin.end(input instanceof Secret ? input.reveal() : input);
  });
  return { pid: child.pid, done, kill };
}

/** Closes the input after its writer's success, and after nothing else. */
async function feed(
  stdin: Writable,
  write: NonNullable<Flow['write']>,
  ended: AbortSignal,
  interrupt: (why: Refusal) => void,
  because: (why: string) => void,
): Promise<void> {
  try {
    const written = await write(stdin, ended);
    if (isRefusal(written)) interrupt(written);
    else stdin.end();
  } catch (error) {
    because(`its input broke off: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Hands output on at its taker's pace; resolves when all of it was taken. A taker that fails ends the program. */
async function takeOutput(from: Readable, to: Writable, because: (why: string) => void): Promise<void> {
  const closed = closing(to);
  try {
    for await (const chunk of from) {
      if (to.destroyed) throw new Error('its reader went away');
      if (!to.write(chunk)) await once(to, 'drain', { signal: closed });
    }
  } catch (error) {
    because(`its output was not taken: ${error instanceof Error ? error.message : String(error)}`);
    from.resume();
  }
}

/** Aborts when the stream closes, so that nobody waits for room that never comes. */
function closing(stream: Writable): AbortSignal {
  const closed = new AbortController();
  stream.once('close', () => closed.abort());
  if (stream.destroyed) closed.abort();
  return closed.signal;
}

/** Runs a command whose failure is a refusal, with the last lines of what it said. */
export async function runOrRefuse(run: Runner, command: Command): Promise<Outcome<Ran>> {
  const ran = await run.run(command);
  if (isRefusal(ran) || ran.code === 0) return ran;
  const said = (ran.stderr.trim() || ran.stdout.trim()).split('\n').slice(-5).join('\n');
  return failed(command.argv[0], ran.code, said);
}
