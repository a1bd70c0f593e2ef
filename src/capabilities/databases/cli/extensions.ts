import { path } from '../../../cli/client.ts';
import type { CommandRow } from '../../../cli/command.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { DatabaseView, EXTENSIONS } from '../model.ts';
import { databaseArgument, databaseOf, type FamilyWords, verb } from './common.ts';

/** Extensions of PostgreSQL. */
export const extensionCommands = (words: FamilyWords): CommandRow[] => [
  {
    name: `${words.family}:extensions`,
    summary: 'Extensions that a database has, and those that it may have',
    args: [databaseArgument],
    examples: [`bastide ${words.family}:extensions ${words.example}`],
    uses: ['getDatabase'],
    async run(io, input) {
      const name = await databaseOf(io, input, words);
      if (isRefusal(name)) return name;
      const found = await io.api.get(path`/v1/databases/${name}`, DatabaseView);
      if (isRefusal(found)) return found;
      const rows = EXTENSIONS.map((extension) => ({ extension, on: found.extensions.includes(extension) }));
      io.print.table(rows, { extension: (row) => row.extension, on: (row) => (row.on ? 'on' : null) });
      return undefined;
    },
  },
  ...(
    [
      ['enable', true, 'on'],
      ['disable', false, 'off'],
    ] as const
  ).map(([word, on, state]) =>
    verb(words, {
      verb: `extensions:${word}`,
      summary: `Switch an extension ${state}`,
      uses: 'setExtension',
      example: `${words.example} pg_trgm`,
      args: [{ name: 'extension', description: 'one of the list of pg:extensions' }],
      ask: (io, name, input) =>
        io.api.send('PUT', path`/v1/databases/${name}/extensions/${input.args.extension!}`, { on }, Accepted),
      done: (name, input) => `${input.args.extension} is ${state} in ${name}.`,
    }),
  ),
];
