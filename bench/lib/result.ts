import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runner } from '../../src/adapters/exec/run.ts';
import { isRefusal } from '../../src/kernel/refusal.ts';

const root = join(import.meta.dirname, '..', '..');
const results = join(root, 'bench', 'results');

export const Table = z.strictObject({
  title: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number()]))),
});
export type Table = z.infer<typeof Table>;

/** One number of a bench beside what it is measured against, for the table at the top of the page. */
const Headline = z.strictObject({
  what: z.string(),
  bastide: z.union([z.string(), z.number()]),
  reference: z.union([z.string(), z.number()]),
  /** What the reference is. */
  against: z.string(),
  /** Bastide to the reference, as they were measured within a round; left out where that says nothing. */
  ratio: z.number().optional(),
});
export type Headline = z.infer<typeof Headline>;

/** What a bench found, with everything that one needs to judge it or to do it again. */
export const Result = z.strictObject({
  bench: z.string(),
  title: z.string(),
  command: z.string(),
  date: z.iso.datetime(),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int(),
    memoryGiB: z.number(),
    kernel: z.string(),
    /** Over 1, 5 and 15 minutes, before the bench started. */
    load: z.array(z.number()).length(3),
  }),
  versions: z.record(z.string(), z.string()),
  /** Of the source that was measured; `-changed` where it was not as committed. */
  commit: z.string().optional(),
  notes: z.array(z.string()),
  headlines: z.array(Headline).optional(),
  tables: z.array(Table),
  /** Every single measurement. */
  raw: z.unknown(),
});
export type Result = z.infer<typeof Result>;

const machine = (): Result['machine'] => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  kernel: release(),
  load: loadavg().map((load) => Math.round(load * 100) / 100),
});

/** The first version number that a program prints about itself. */
async function versionOf(argv: readonly [string, ...string[]]): Promise<string> {
  const ran = await runner.run({ argv, timeoutMs: 30_000 });
  if (isRefusal(ran)) return 'not installed';
  return /\d+(\.\d+)+[\w.+~-]*/.exec(ran.stdout + ran.stderr)?.[0] ?? 'unknown';
}

/** What a bench or its page writes is no change of what is measured. */
const MEASURED = ['--', '.', ':!bench/results', ':!docs'] as const;

async function commitOf(directory: string): Promise<{ commit?: string }> {
  const git = ['git', '-C', directory] as const;
  const head = await runner.run({ argv: [...git, 'rev-parse', '--short=12', 'HEAD'] });
  if (isRefusal(head) || head.code !== 0) return {};
  const seen = await runner.run({
    argv: [...git, 'status', '--porcelain', '--untracked-files=no', ...MEASURED],
  });
  const changed = isRefusal(seen) || seen.code !== 0 || seen.stdout !== '';
  return { commit: `${head.stdout.trim()}${changed ? '-changed' : ''}` };
}

/** Looks at the machine before the bench loads it; `save` writes what was found to `bench/results/<bench>.json`. */
export async function begin(
  bench: string,
  title: string,
  programs: Readonly<Record<string, readonly [string, ...string[]]>> = {},
) {
  const found = { date: new Date().toISOString(), machine: machine(), ...(await commitOf(root)) };
  const versions: Record<string, string> = { node: process.versions.node };
  for (const [name, argv] of Object.entries(programs)) versions[name] = await versionOf(argv);
  const options = process.argv.slice(2);
  return {
    save(what: Pick<Result, 'notes' | 'headlines' | 'tables' | 'raw'>): Result {
      const result: Result = {
        bench,
        title,
        command: ['npm run bench --', bench, ...options].join(' '),
        ...found,
        versions,
        ...what,
      };
      mkdirSync(results, { recursive: true });
      writeFileSync(
        join(results, `${bench}.json`),
        `${JSON.stringify(result, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value), 1)}\n`,
      );
      for (const table of what.tables) console.log(`\n${table.title}\n${markdown(table)}`);
      return result;
    },
  };
}

/** All results that there are, by name. */
export const loadResults = (): Result[] =>
  readdirSync(results)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => Result.parse(JSON.parse(readFileSync(join(results, file), 'utf8'))));

const isNumeric = (table: Table, column: number): boolean =>
  table.rows.length > 0 && table.rows.every((row) => typeof row[column] === 'number' || row[column] === '–');

const cell = (value: string | number): string =>
  typeof value === 'number' ? value.toLocaleString('en-US', { maximumSignificantDigits: 4 }) : value;

/** A table as Markdown; numbers are set to the right and rounded to four digits. */
export function markdown(table: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = table.columns.map((_, i) => (isNumeric(table, i) ? '---:' : '---'));
  return [line(table.columns), `|${rule.join('|')}|`, ...table.rows.map((row) => line(row.map(cell)))].join(
    '\n',
  );
}
