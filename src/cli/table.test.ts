import { expect, test } from 'vitest';
import { seal } from '../adapters/envelope/seal.ts';
import { routeTable } from '../api/table.ts';
import { parseLine } from './program.ts';
import { commandTable } from './table.ts';

const quiet = { out: () => undefined, err: () => undefined };

test('every command has a name of its own and calls routes that exist', () => {
  const ids = new Set(routeTable({ domain: 'localhost', seal }).map((row) => row.operationId));
  expect(new Set(commandTable.map((row) => row.name)).size).toBe(commandTable.length);
  for (const row of commandTable)
    for (const id of row.uses) expect(ids.has(id), `${row.name} uses ${id}`).toBe(true);
});

/** Words of an example: quotes hold together, what comes before a pipe is another program. */
const words = (line: string): string[] =>
  (
    line
      .split(' | ')
      .at(-1)!
      .match(/'[^']*'|"[^"]*"|\S+/g) ?? []
  ).map((word) => word.replaceAll(/^['"]|['"]$/g, ''));

test('every example is a command line that its own command takes', () => {
  for (const row of commandTable)
    for (const example of row.examples) {
      const [program, ...argv] = words(example.replace(/\s+[<>] ?[\w./-]+$/, ''));
      expect(program, example).toBe('bastide');
      const parsed = parseLine(commandTable, '0', argv, quiet);
      expect(typeof parsed === 'number' ? parsed : parsed.row.name, example).toBe(row.name);
    }
});

test('a command line with a mistake is 2, help is 0', () => {
  for (const argv of [['apps:creat'], ['tokens:create'], ['whoami', '--nope'], ['whoami', 'extra']])
    expect(parseLine(commandTable, '0', argv, quiet), argv.join(' ')).toBe(2);
  for (const argv of [['--help'], ['whoami', '--help'], ['--version']])
    expect(parseLine(commandTable, '0', argv, quiet)).toBe(0);
});
