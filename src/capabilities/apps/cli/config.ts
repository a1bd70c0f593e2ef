import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { appOption, type CommandRow, type Input } from '../../../cli/command.ts';
import { appOf, type Io, watch } from '../../../cli/io.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { configSecret, configUnset } from '../errors.ts';
import { assignments } from './assignments.ts';

const Names = z.object({
  config: z.array(z.object({ name: z.string(), secret: z.boolean(), updatedAt: z.string() })),
});
const Changed = z.object({ operationId: z.uuid().nullable() });

/** Values of the config vars that are not secret; the agent opens them and the answer comes as output. */
async function reveal(io: Io, app: string): Promise<Outcome<Map<string, string>>> {
  const values = new Map<string, string>();
  const done = await watch(
    io,
    await io.api.send('POST', path`/v1/apps/${app}/config/reveal`, undefined, Accepted),
    {
      quiet: true,
      onOutput: (chunk) => void values.set(chunk.source, chunk.data),
    },
  );
  return isRefusal(done) ? done : values;
}

async function change(io: Io, app: string, body: unknown, what: string): Promise<Outcome<undefined>> {
  const changed = await io.api.send('PATCH', path`/v1/apps/${app}/config`, body, Changed);
  if (isRefusal(changed)) return changed;
  const { operationId } = changed;
  if (operationId) {
    const done = await watch(io, { operationId });
    if (isRefusal(done)) return done;
  }
  io.print.done(
    changed,
    operationId ? `${what}; released.` : `${what}. It is used from the first deploy on.`,
  );
  return undefined;
}

const app = (io: Io, input: Input) => appOf(io, input);

/** Config vars. */
export const configCommands: readonly CommandRow[] = [
  {
    name: 'config',
    summary: 'Config vars; the value of a secret one is never shown',
    options: [appOption],
    examples: ['bastide config --app shop'],
    uses: ['listConfig', 'revealConfig'],
    async run(io, input) {
      const name = await app(io, input);
      if (isRefusal(name)) return name;
      const list = await io.api.get(path`/v1/apps/${name}/config`, Names);
      if (isRefusal(list)) return list;
      const open = list.config.some((row) => !row.secret)
        ? await reveal(io, name)
        : new Map<string, string>();
      if (isRefusal(open)) return open;
      const rows = list.config.map((row) => ({
        ...row,
        value: row.secret ? null : (open.get(row.name) ?? null),
      }));
      io.print.table(rows, {
        name: (row) => row.name,
        value: (row) => (row.secret ? '(secret)' : row.value),
        changed: (row) => row.updatedAt.slice(0, 19).replace('T', ' '),
      });
      return undefined;
    },
  },
  {
    name: 'config:get',
    summary: 'The value of one config var that is not secret',
    args: [{ name: 'name', description: 'for example LOG_LEVEL' }],
    options: [appOption],
    examples: ['bastide config:get LOG_LEVEL --app shop'],
    uses: ['listConfig', 'revealConfig'],
    async run(io, input) {
      const name = await app(io, input);
      if (isRefusal(name)) return name;
      const wanted = input.args.name!;
      const list = await io.api.get(path`/v1/apps/${name}/config`, Names);
      if (isRefusal(list)) return list;
      const row = list.config.find((one) => one.name === wanted);
      if (!row) return configUnset(wanted);
      if (row.secret) return configSecret(wanted);
      const open = await reveal(io, name);
      if (isRefusal(open)) return open;
      io.print.done({ name: wanted, value: open.get(wanted) ?? null }, open.get(wanted) ?? '');
      return undefined;
    },
  },
  {
    name: 'config:set',
    summary: 'Set config vars; secret unless --plain, so that nobody can read them again',
    args: [
      {
        name: 'assignments',
        description: 'NAME=value, NAME@file or NAME@- (standard input), one or more',
        rest: true,
      },
    ],
    options: [appOption, { flags: '--plain', description: 'may be read again with: bastide config' }],
    examples: [
      'bastide config:set SMTP_PASSWORD=hunter2 --app shop',
      'bastide config:set TLS_KEY@key.pem --app shop',
      'bastide config:set --plain LOG_LEVEL=debug --app shop',
    ],
    uses: ['changeConfig'],
    async run(io, input) {
      const name = await app(io, input);
      if (isRefusal(name)) return name;
      const set = await assignments(input.rest, input.options.plain !== true, io);
      if (isRefusal(set)) return set;
      return change(io, name, { set }, `Set ${Object.keys(set).join(', ')}`);
    },
  },
  {
    name: 'config:unset',
    summary: 'Remove config vars',
    args: [{ name: 'names', description: 'one or more', rest: true }],
    options: [appOption],
    examples: ['bastide config:unset LOG_LEVEL --app shop'],
    uses: ['changeConfig'],
    async run(io, input) {
      const name = await app(io, input);
      if (isRefusal(name)) return name;
      return change(io, name, { unset: input.rest }, `Removed ${input.rest.join(', ')}`);
    },
  },
];
