import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import type { CommandRow, Input } from '../../../cli/command.ts';
import { type Io, watch } from '../../../cli/io.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { familyWrong } from '../errors.ts';
import { DatabaseView, type EngineName, type Family } from '../model.ts';

export const Databases = z.object({ databases: z.array(DatabaseView) });

/** What the verbs of one kind of database need to know of it. */
export interface FamilyWords {
  readonly family: Family;
  readonly engine: EngineName;
  /** For people: PostgreSQL. */
  readonly title: string;
  /** Of an example's database. */
  readonly example: string;
  /** What its own client is called as a verb: psql. */
  readonly client: string;
  readonly statement: string;
}

export const databaseArgument = { name: 'database', description: 'name of the database' } as const;

/** The database that was named, where it is of this kind: mysql:destroy never touches a PostgreSQL. */
export async function databaseOf(io: Io, input: Input, words: FamilyWords): Promise<Outcome<string>> {
  const name = input.args.database!;
  const found = await io.api.get(path`/v1/databases/${name}`, DatabaseView);
  if (isRefusal(found)) return found;
  return found.engine === words.engine ? found.name : familyWrong(found.name, found.engine);
}

/** A verb that asks for one operation on one database and follows it. */
export const verb = (
  words: FamilyWords,
  row: Pick<CommandRow, 'summary'> & {
    readonly verb: string;
    readonly uses: string;
    readonly example: string;
    readonly args?: CommandRow['args'];
    readonly options?: CommandRow['options'];
    ask(io: Io, name: string, input: Input): Promise<Outcome<{ operationId: string }>>;
    done(name: string, input: Input): string;
  },
): CommandRow => ({
  name: `${words.family}:${row.verb}`,
  summary: row.summary,
  args: [databaseArgument, ...(row.args ?? [])],
  ...(row.options ? { options: row.options } : {}),
  examples: [`bastide ${words.family}:${row.verb} ${row.example}`],
  uses: ['getDatabase', row.uses],
  async run(io, input) {
    const name = await databaseOf(io, input, words);
    if (isRefusal(name)) return name;
    const finished = await watch(io, await row.ask(io, name, input));
    if (isRefusal(finished)) return finished;
    io.print.done(finished, row.done(name, input));
    return undefined;
  },
});
