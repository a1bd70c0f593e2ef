// npm test: types, lint, unit, real and lab, in this order; a failure does not hide the next one's answer.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runner } from '../src/adapters/exec/run.ts';
import { isRefusal } from '../src/kernel/refusal.ts';
import { root } from './lib/build.ts';
import { type Check, checks } from './lib/checks.ts';
import { type Count, countProgram, countReport, summary, total } from './lib/report.ts';

const scratch = await mkdtemp(join(tmpdir(), 'bastide-test-'));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));

async function run(check: Check): Promise<Count> {
  console.log(`\n== ${check.name}: ${check.doing}`);
  const ran = await runner.run(check.command, (line) => console.log(line));
  if (isRefusal(ran)) {
    console.log(`${ran.code}: ${ran.message}`);
    return countProgram(1);
  }
  if (!check.report) return countProgram(ran.code);
  return countReport(await readFile(check.report, 'utf8').catch(() => undefined), ran.code);
}

const counts: Count[] = [];
const lines: string[] = [];
try {
  for (const check of checks(root, join(root, 'node_modules/.bin'), dirname(process.execPath), scratch)) {
    if (wanted.length > 0 && !wanted.includes(check.name)) continue;
    const started = performance.now();
    const count = await run(check);
    counts.push(count);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    lines.push(`  ${check.name.padEnd(8)} ${summary(count).padEnd(36)} ${seconds.padStart(7)} s`);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
const all = total(counts);
console.log(`\n${lines.join('\n')}\n`);
console.log(summary(all));
process.exitCode = all.failed > 0 || counts.length === 0 ? 1 : 0;
