import { spawn } from 'node:child_process';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { failed, notStarted, tookTooLong } from './errors.ts';
import { lineCutter } from './lines.ts';
import type { Ran, Runner, Started, Starter } from './port.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const OUTPUT_LIMIT = 16 * 1024 * 1024;
const TEN_MINUTES = 10 * 60_000;

const reveal = (value: string | Secret): string => (value instanceof Secret ? value.reveal() : value);

/** The one place that starts programs. */
export const runner: Runner & Starter = {
  run: (command, onLine) => begin(command, onLine).done,
  start: begin,
};

function begin(command: Command, onLine?: (line: string, source: 'stdout' | 'stderr') => void): Started {
  const [program, ...args] = command.argv;
  const env = Object.fromEntries(Object.entries(command.env ?? {}).map(([k, v]) => [k, reveal(v)]));
  const started = performance.now();
  const child = spawn(program, args, {
    env: { PATH, ...env },
    cwd: command.cwd ?? '/',
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    shell: false,
  });
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
    for (const source of ['stdout', 'stderr'] as const) {
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
    child.on('error', (error) => {
      clearTimeout(timeout);
      resolve(notStarted(program, error.message));
    });
    child.on('close', (code) => {
      clearTimeout(timeout);
      if (timedOut) {
        const seconds = (command.timeoutMs ?? TEN_MINUTES) / 1000;
        resolve(tookTooLong(program, seconds));
      } else resolve({ code: code ?? 137, ...out, ms: performance.now() - started });
    });
    child.stdin.on('error', () => {});
    const input = command.stdin;
    child.stdin.end(input instanceof Secret ? input.reveal() : input);
  });
  return { pid: child.pid, done, kill };
}

/** Runs a command whose failure is a refusal, with the last lines of what it said. */
export async function runOrRefuse(run: Runner, command: Command): Promise<Outcome<Ran>> {
  const ran = await run.run(command);
  if (isRefusal(ran) || ran.code === 0) return ran;
  const said = (ran.stderr.trim() || ran.stdout.trim()).split('\n').slice(-5).join('\n');
  return failed(command.argv[0], ran.code, said);
}
