import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { containerArgv, GROUP_SIGNALS } from './model.ts';

const PROGRAM = `process.on('SIGTERM', () => setTimeout(() => { console.log('drained'); process.exit(3); }, 300));
console.log('up'); setInterval(() => {}, 1000);`;

/** The engine's init is tini; here it is started by hand around the same command. */
async function stopped(argv: readonly string[]): Promise<{ said: string; code: number | null }> {
  const child = spawn('tini', ['-s', '--', ...argv], {
    env: { PATH: process.env.PATH ?? '', PROGRAM, ...GROUP_SIGNALS },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said === 'up\n') child.kill('SIGTERM');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { said, code };
}

it('a program under the shell of a Procfile line hears SIGTERM, finishes, and its exit code is passed on', async () => {
  const command = `${process.execPath} -e "$PROGRAM"`;
  expect(await stopped(containerArgv(command))).toEqual({ said: 'up\ndrained\n', code: 3 });
  // Without the trap the shell is gone at once, and in a container the program with it.
  expect((await stopped(['/bin/sh', '-c', command])).code).toBe(143);
});
