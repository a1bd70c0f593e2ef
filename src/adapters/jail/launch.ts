/**
 * The launcher: `launch.ts CGROUP.PROCS… -- PROGRAM ARGS…`. It joins each cgroup and then becomes the program, so
 * that a limit holds from the program's first instruction. Run by root, with nothing of a stranger's in its input.
 */
import { writeFileSync } from 'node:fs';

const split = process.argv.indexOf('--');
const [program, ...args] = process.argv.slice(split + 1);
if (split < 0 || program === undefined || process.execve === undefined) {
  console.error('launch: CGROUP.PROCS… -- PROGRAM ARGS…, with a Node that can execve');
  process.exit(125);
}
for (const procs of process.argv.slice(2, split)) writeFileSync(procs, String(process.pid));
process.execve(program, [program, ...args], { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin' });
