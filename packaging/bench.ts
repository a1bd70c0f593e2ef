// npm run bench [-- name … --rounds=n …]: runs bench/*.ts one after the other; each prints its own table and leaves its
// result in bench/results/; at the end bench/report.ts makes docs/performance.md of them. Options are for the benches.
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Started } from '../src/adapters/exec/port.ts';
import { runner } from '../src/adapters/exec/run.ts';
import { isRefusal } from '../src/kernel/refusal.ts';
import { root } from './lib/build.ts';

const given = process.argv.slice(2);
const wanted = given.filter((word) => !word.startsWith('-'));
const options = given.filter((word) => word.startsWith('-'));
const REPORT = 'report.ts';
const found = (await readdir(join(root, 'bench')))
  .filter((file) => /^[a-z0-9-]+\.ts$/.test(file) && file !== REPORT)
  .sort();
const chosen = found.filter((file) => wanted.length === 0 || wanted.includes(file.slice(0, -'.ts'.length)));
if (chosen.length === 0 && !wanted.includes('report')) {
  console.error(
    `No such bench. There are: ${found.map((file) => file.slice(0, -'.ts'.length)).join(' ')} report`,
  );
  process.exit(2);
}
let failures = 0;
let running: Started | undefined;
let interrupted = false;
// It is a process group of its own and has mounts, servers and hosts to take down.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    interrupted = true;
    running?.kill(signal);
  });
for (const file of [...chosen, REPORT]) {
  if (interrupted) break;
  console.log(`\n== ${file}`);
  const bench = runner.start(
    {
      argv: [process.execPath, join(root, 'bench', file), ...(file === REPORT ? [] : options)],
      cwd: root,
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      },
      timeoutMs: 12 * 60 * 60_000,
    },
    (line) => console.log(line),
  );
  running = bench;
  const ran = await bench.done;
  if (isRefusal(ran) || ran.code !== 0) failures += 1;
}
process.exitCode = interrupted ? 130 : failures > 0 ? 1 : 0;
