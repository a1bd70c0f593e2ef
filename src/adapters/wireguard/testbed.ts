import type { Command } from '../../kernel/command.ts';
import { must } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import type { Runner } from '../exec/port.ts';
import { runner } from '../exec/run.ts';

/** A network namespace that is gone with its keeper. */
export interface Place extends Runner {
  /** Of the process that keeps it. */
  readonly pid: number;
  end(): Promise<void>;
}

async function place(): Promise<Place> {
  const keeper = runner.start({ argv: ['unshare', '--net', 'sleep', '3600'], timeoutMs: 3_600_000 });
  const inside = (command: Command): Command => ({
    ...command,
    argv: ['nsenter', `--net=/proc/${keeper.pid}/ns/net`, '--', ...command.argv],
  });
  const run: Runner['run'] = (command, onLine) => runner.run(inside(command), onLine);
  const own = must(await runner.run({ argv: ['readlink', '/proc/self/ns/net'] }));
  for (let left = 100; left > 0; left -= 1) {
    const there = must(await runner.run({ argv: ['readlink', `/proc/${keeper.pid}/ns/net`] }));
    if (there.code === 0 && there.stdout !== own.stdout) break;
    await sleep(20);
  }
  return {
    pid: keeper.pid!,
    run,
    async end() {
      keeper.kill();
      await keeper.done;
    },
  };
}

/** Runs and has to succeed. */
export async function ok(at: Runner, line: string, stdin?: string | Secret): Promise<string> {
  const ran = must(
    await at.run({
      argv: line.split(' ') as [string, ...string[]],
      timeoutMs: 20_000,
      ...(stdin ? { stdin } : {}),
    }),
  );
  if (ran.code !== 0) throw new Error(`${line}: ${ran.stderr}`);
  return ran.stdout;
}

/** A server (198.51.100.1) and somebody's laptop (.2) with a wire between them; for tests. */
export async function twoPlaces(): Promise<[Place, Place]> {
  const [server, laptop] = [await place(), await place()];
  await ok(server, `ip link add out0 type veth peer name out0 netns /proc/${laptop.pid}/ns/net`);
  for (const [at, address] of [
    [server, '198.51.100.1/24'],
    [laptop, '198.51.100.2/24'],
  ] as const) {
    await ok(at, `ip address add ${address} dev out0`);
    await ok(at, 'ip link set out0 up');
    await ok(at, 'ip link set lo up');
  }
  return [server, laptop];
}

const KNOCK = `const [host, port] = process.argv.slice(1); const s = require('net').connect({ host, port, timeout: 3000 });
  const end = (said) => { console.log(said); process.exit(); };
  s.on('connect', () => end('open')); s.on('error', (e) => end(e.code)); s.on('timeout', () => end('silent'));`;

/** What becomes of a connection: `open`, `silent`, or why not. */
export const knock = async (at: Runner, host: string, port: number): Promise<string> =>
  must(
    await at.run({ argv: [process.execPath, '-e', KNOCK, host, String(port)], timeoutMs: 20_000 }),
  ).stdout.trim();
