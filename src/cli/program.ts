import tab from '@bomb.sh/tab/commander';
import { Command, CommanderError } from 'commander';
import type { CommandRow, Input } from './command.ts';
import { exitCodes } from './exit.ts';
import { byTopic, topicOf } from './topics.ts';

/** Options that every command takes. */
export const common = [
  { flags: '--json', description: 'print JSON and nothing else' },
  { flags: '--reason <text>', description: 'why you do it, for the audit log' },
  { flags: '--server <url>', description: 'another server than the one you signed in to' },
] as const;

/** What was typed, sorted out. */
export interface Parsed {
  readonly row: CommandRow;
  readonly input: Input;
}

function inputOf(row: CommandRow, values: readonly unknown[], options: Input['options']): Input {
  const args: Record<string, string> = {};
  let rest: readonly string[] = [];
  for (const [i, argument] of (row.args ?? []).entries()) {
    const value = values[i];
    if (argument.rest) rest = Array.isArray(value) ? (value as string[]) : [];
    else args[argument.name] = typeof value === 'string' ? value : '';
  }
  return { args, rest, options };
}

function mount(program: Command, row: CommandRow, chosen: (parsed: Parsed) => void): void {
  const command = program
    .command(row.name)
    .description(row.summary)
    .helpGroup(`${topicOf(row.name)}:`);
  for (const { name, description, optional, rest } of row.args ?? []) {
    const shown = rest ? `${name}...` : name;
    command.argument(optional ? `[${shown}]` : `<${shown}>`, description);
  }
  for (const option of row.options ?? []) command.option(option.flags, option.description, option.default);
  for (const option of common) command.option(option.flags, option.description);
  if (row.passThrough) command.passThroughOptions();
  command.addHelpText('after', `\nExamples:\n${row.examples.map((line) => `  $ ${line}`).join('\n')}`);
  command.action((...all: unknown[]) => {
    const values = all.slice(0, -2);
    chosen({ row, input: inputOf(row, values, all.at(-2) as Input['options']) });
  });
}

/** The whole command line, from the table. `chosen` hears which command was meant. */
export function buildProgram(
  rows: readonly CommandRow[],
  version: string,
  output: { out(text: string): void; err(text: string): void },
  chosen: (parsed: Parsed) => void,
): Command {
  const program = new Command('bastide')
    .description('Deploy and run apps on a Bastide platform')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err });
  for (const row of [...rows].sort((a, b) => byTopic(a.name, b.name))) mount(program, row, chosen);
  for (const command of program.commands) command.exitOverride().configureOutput(program.configureOutput());
  tab(program);
  return program;
}

/** Reads a command line. Gives the exit code where there is nothing to run: help, version, a mistake. */
export function parseLine(
  rows: readonly CommandRow[],
  version: string,
  argv: readonly string[],
  output: { out(text: string): void; err(text: string): void },
): Parsed | number {
  let parsed: Parsed | undefined;
  const program = buildProgram(rows, version, output, (found) => {
    parsed = found;
  });
  try {
    program.parse([...argv], { from: 'user' });
    return parsed ?? exitCodes.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}
