// npm test: types, lint, unit, real, then lab, and then a look for what was left behind.
// Where a quick part fails, the slow ones are not started; `npm test -- real lab` starts them alone.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Started } from '../src/adapters/exec/port.ts';
import { runner } from '../src/adapters/exec/run.ts';
import type { Command } from '../src/kernel/command.ts';
import { isRefusal } from '../src/kernel/refusal.ts';
import { sleep } from '../src/kernel/time.ts';
import { root } from './lib/build.ts';
import { type Check, checks, chosen } from './lib/checks.ts';
import {
  afterAgain,
  type Count,
  countProgram,
  countReport,
  failedFiles,
  summary,
  total,
} from './lib/report.ts';
import { added, traces } from './lib/traces.ts';

const scratch = await mkdtemp(join(tmpdir(), 'bastide-test-'));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));

/** What runs now; in process groups of their own, so whoever interrupts us has to be passed on. */
const running = new Set<Started>();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    for (const one of running) one.kill('SIGTERM');
  });
}

/** More failed files than this are not the machine's mood. */
const MOST_AGAIN = 3;

async function run(check: Check): Promise<Count> {
  console.log(`\n== ${check.name}: ${check.doing}`);
  const own = runner.start(check.command, (line) => console.log(line));
  running.add(own);
  const ran = await own.done;
  running.delete(own);
  if (isRefusal(ran)) {
    console.log(`${ran.code}: ${ran.message}`);
    return countProgram(1);
  }
  if (!check.report) return countProgram(ran.code);
  const report = await readFile(check.report, 'utf8').catch(() => undefined);
  const count = countReport(report, ran.code);
  const failed = failedFiles(report);
  if (!check.again || failed.length === 0 || failed.length > MOST_AGAIN) return count;
  console.log(`\n== ${check.name}, once more: ${failed.map((file) => relative(root, file)).join(', ')}`);
  const [program, ...words] = check.command.argv;
  const command: Command = { ...check.command, argv: [program, ...words, ...failed] };
  return afterAgain(count, await run({ ...check, command, again: false }));
}

/** What ends a little later than the test that started it gets a little time. */
async function lookForLeftovers(before: ReadonlySet<string>): Promise<Count> {
  console.log('\n== left: processes, mounts, rules, links, namespaces, cgroups and files');
  let left = added(before, await traces());
  for (let tries = 20; left.length > 0 && tries > 0; tries -= 1) {
    await sleep(1000);
    left = added(before, await traces());
  }
  for (const trace of left) console.log(`left behind: ${trace}`);
  return countProgram(left.length > 0 ? 1 : 0);
}

const counts: Count[] = [];
const lines: string[] = [];
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
async function timed(name: string, work: () => Promise<Count>): Promise<void> {
  const started = performance.now();
  const count = await work();
  counts.push(count);
  lines.push(`  ${name.padEnd(8)} ${summary(count).padEnd(36)} ${seconds(started).padStart(7)} s`);
}

const started = performance.now();
try {
  const before = await traces();
  const all = checks(root, join(root, 'node_modules/.bin'), dirname(process.execPath), scratch);
  for (const check of chosen(all, wanted)) {
    if (interrupted) break;
    if (check.slow && wanted.length === 0 && total(counts).failed > 0)
      lines.push(`  ${check.name.padEnd(8)} not started: mend the quick ones first`);
    else await timed(check.name, () => run(check));
  }
  if (counts.length > 0) await timed('left', () => lookForLeftovers(before));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
const all = total(counts);
console.log(`\n${lines.join('\n')}\n`);
console.log(`${summary(all)}, ${seconds(started)} s`);
process.exitCode = interrupted ? 130 : all.failed > 0 || counts.length === 0 ? 1 : 0;
