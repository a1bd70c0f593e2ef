import type { z } from 'zod';
import { path, query } from '../../../cli/client.ts';
import { appOption, type CommandRow, given, type Input } from '../../../cli/command.ts';
import { confirmed } from '../../../cli/confirm.ts';
import { appOf, type Io, watch } from '../../../cli/io.ts';
import { projectOf } from '../../../cli/project.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { DatabaseFactsView, DEFAULT_VERSION, ownVariable, PLANS, VERSIONS } from '../model.ts';
import { clientCommand } from './client.ts';
import { Databases, databaseArgument, databaseOf, type FamilyWords, verb } from './common.ts';

const MIB = 1024 ** 2;
const plans = Object.entries(PLANS)
  .map(
    ([name, { memoryBytes, connections }]) =>
      `${name} (${memoryBytes / MIB} MiB, ${connections} connections)`,
  )
  .join(', ');

const bytes = (count: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  return `${Math.round((count / 1024 ** at) * 10) / 10} ${units[at]}`;
};

const diskOf = ({ usedBytes, limitBytes, full }: z.infer<typeof DatabaseFactsView>['disk']): string => {
  const used = usedBytes ?? 0;
  const share = `${bytes(used)} of ${bytes(limitBytes)} (${Math.round((used / limitBytes) * 100)} %)`;
  return full ? `${share}; full: it can be read and removed from, nothing is added` : share;
};

export async function list(io: Io, engine?: FamilyWords['engine']) {
  const found = await io.api.get(`/v1/databases${query({ engine })}`, Databases);
  if (isRefusal(found)) return found;
  if (found.databases.length === 0 && !io.print.json)
    io.print.line('None yet. Make one with: bastide pg:create');
  else
    io.print.table(found.databases, {
      database: (row) => row.name,
      kind: (row) => `${row.engine} ${row.version}`,
      plan: (row) => row.plan,
      project: (row) => row.project,
      status: (row) => row.status,
      apps: (row) => row.apps.join(', ') || null,
    });
  return undefined;
}

const create = (words: FamilyWords): CommandRow => ({
  name: `${words.family}:create`,
  summary: `Create a ${words.title} database in a project`,
  args: [{ name: 'name', description: 'lower-case letters, digits and dashes' }],
  options: [
    {
      flags: '-p, --project <project>',
      description: 'the project that it belongs to, where there are several',
    },
    { flags: '--plan <plan>', description: plans, default: 'small' },
    {
      flags: '--version-of <version>',
      description: `${VERSIONS[words.engine].join(', ')}; else ${DEFAULT_VERSION[words.engine]}`,
    },
    { flags: '-a, --app <app>', description: 'attach it to this app too' },
  ],
  examples: [`bastide ${words.family}:create ${words.example} --project webshop --app shop`],
  uses: ['createDatabase', 'listProjects', 'attachDatabase'],
  async run(io, input) {
    const name = input.args.name!;
    const project = await projectOf(io, input);
    if (isRefusal(project)) return project;
    const version = given(input, 'versionOf');
    const body = {
      name,
      engine: words.engine,
      plan: given(input, 'plan') ?? 'small',
      ...(version ? { version } : {}),
    };
    const made = await watch(
      io,
      await io.api.send('POST', path`/v1/projects/${project}/databases`, body, Accepted),
    );
    if (isRefusal(made)) return made;
    const app = given(input, 'app');
    if (app === undefined) {
      io.print.done(made, `${name} is ready. Next: bastide ${words.family}:attach ${name} --app <app>`);
      return undefined;
    }
    const attached = await watch(
      io,
      await io.api.send('POST', path`/v1/databases/${name}/attachments`, { app }, Accepted),
    );
    if (isRefusal(attached)) return attached;
    io.print.done(attached, `${name} is ready and attached to ${app}.`);
    return undefined;
  },
});

const info = (words: FamilyWords): CommandRow => ({
  name: `${words.family}:info`,
  summary: 'Size, use of its disk, connections, cache hits and slow statements of a database',
  args: [databaseArgument],
  examples: [`bastide ${words.family}:info ${words.example}`],
  uses: ['getDatabase', 'askDatabase'],
  async run(io, input) {
    const name = await databaseOf(io, input, words);
    if (isRefusal(name)) return name;
    let said = '';
    const done = await watch(
      io,
      await io.api.send('POST', path`/v1/databases/${name}/info`, undefined, Accepted),
      {
        quiet: true,
        onOutput: ({ data }) => {
          said += data;
        },
      },
    );
    if (isRefusal(done)) return done;
    const facts = DatabaseFactsView.parse(JSON.parse(said));
    io.print.record(facts, {
      database: name,
      version: facts.version,
      size: bytes(facts.sizeBytes),
      disk: diskOf(facts.disk),
      connections: `${facts.connections} of ${facts.maxConnections}`,
      'cache hit': facts.cacheHit === null ? 'nothing read yet' : `${(facts.cacheHit * 100).toFixed(1)} %`,
      extensions: facts.extensions.join(', ') || 'none',
      ...Object.fromEntries(
        facts.slow.map((one, i) => [
          `slow ${i + 1}`,
          `${one.meanMs} ms, ${one.calls} times: ${one.query.replaceAll(/\s+/g, ' ').slice(0, 120)}`,
        ]),
      ),
    });
    return undefined;
  },
});

/** A verb that is about a database and an app. */
const withApp = (
  words: FamilyWords,
  row: {
    verb: string;
    summary: string;
    uses: string;
    ask: (io: Io, name: string, app: string) => ReturnType<typeof io.api.send<typeof Accepted>>;
    done: (name: string, app: string) => string;
  },
): CommandRow => ({
  name: `${words.family}:${row.verb}`,
  summary: row.summary,
  args: [databaseArgument],
  options: [appOption],
  examples: [`bastide ${words.family}:${row.verb} ${words.example} --app shop`],
  uses: ['getDatabase', row.uses],
  async run(io, input) {
    const name = await databaseOf(io, input, words);
    if (isRefusal(name)) return name;
    const app = await appOf(io, input);
    if (isRefusal(app)) return app;
    const done = await watch(io, await row.ask(io, name, app));
    if (isRefusal(done)) return done;
    io.print.done(done, row.done(name, app));
    return undefined;
  },
});

const destroy = (words: FamilyWords): CommandRow => ({
  name: `${words.family}:destroy`,
  summary: 'Destroy a database, after a last backup',
  args: [databaseArgument],
  options: [
    { flags: '--confirm <database>', description: 'the name of the database, instead of being asked' },
    { flags: '--no-backup', description: 'take no last backup' },
  ],
  examples: [`bastide ${words.family}:destroy ${words.example} --confirm ${words.example}`],
  uses: ['getDatabase', 'destroyDatabase'],
  async run(io, input) {
    const name = await databaseOf(io, input, words);
    if (isRefusal(name)) return name;
    const sure = await confirmed(
      io,
      given(input, 'confirm'),
      name,
      `This destroys ${name} and everything in it.`,
    );
    if (isRefusal(sure)) return sure;
    const at = path`/v1/databases/${name}` + query({ backup: input.options.backup === false ? 'no' : 'yes' });
    const done = await watch(io, await io.api.send('DELETE', at, undefined, Accepted));
    if (isRefusal(done)) return done;
    io.print.done(done, `${name} is gone.`);
    return undefined;
  },
});

const backupOption = { flags: '--no-backup', description: 'take no backup first' } as const;
const noBackup = (input: Input): boolean => input.options.backup === false;

/** Every verb of one kind of database. */
export const familyCommands = (words: FamilyWords): CommandRow[] => [
  {
    name: words.family,
    summary: `Your ${words.title} databases`,
    examples: [`bastide ${words.family}`],
    uses: ['listDatabases'],
    run: (io) => list(io, words.engine),
  },
  create(words),
  info(words),
  clientCommand(words),
  withApp(words, {
    verb: 'attach',
    summary: 'Give an app of the same project the database, as config vars; it gets a new release',
    uses: 'attachDatabase',
    ask: (io, name, app) => io.api.send('POST', path`/v1/databases/${name}/attachments`, { app }, Accepted),
    done: (name, app) => `${app} has ${name} as ${ownVariable(name)}.`,
  }),
  withApp(words, {
    verb: 'detach',
    summary: "Take the database from an app's config vars; it gets a new release",
    uses: 'detachDatabase',
    ask: (io, name, app) =>
      io.api.send('DELETE', path`/v1/databases/${name}/attachments/${app}`, undefined, Accepted),
    done: (name, app) => `${app} does not know ${name} any more.`,
  }),
  withApp(words, {
    verb: 'promote',
    summary: 'Make it the main database of an app: what DATABASE_URL or REDIS_URL means',
    uses: 'promoteDatabase',
    ask: (io, name, app) =>
      io.api.send('POST', path`/v1/databases/${name}/attachments/${app}/main`, undefined, Accepted),
    done: (name, app) => `${name} is the main database of ${app}.`,
  }),
  verb(words, {
    verb: 'credentials:rotate',
    summary: 'New credentials, without a failed query of any attached app',
    uses: 'rotateDatabase',
    example: words.example,
    ask: (io, name) => io.api.send('POST', path`/v1/databases/${name}/rotation`, undefined, Accepted),
    done: (name) => `${name} has new credentials; the old ones are gone.`,
  }),
  verb(words, {
    verb: 'fork',
    summary: 'Make a second database with the content of this one',
    uses: 'forkDatabase',
    example: `${words.example} ${words.example}-copy`,
    args: [{ name: 'name', description: 'name of the new database' }],
    options: [{ flags: '--plan <plan>', description: `${plans}; else the same` }],
    ask: (io, name, input) => {
      const plan = given(input, 'plan');
      const body = { name: input.args.name, ...(plan ? { plan } : {}) };
      return io.api.send('POST', path`/v1/databases/${name}/forks`, body, Accepted);
    },
    done: (name, input) => `${input.args.name} has what ${name} had.`,
  }),
  verb(words, {
    verb: 'upgrade',
    summary: 'Go over to a newer version, with a pause and a way back',
    uses: 'upgradeDatabase',
    example: `${words.example} ${VERSIONS[words.engine].at(-1)}`,
    args: [{ name: 'version', description: VERSIONS[words.engine].join(', ') }],
    options: [backupOption],
    ask: (io, name, input) =>
      io.api.send(
        'POST',
        path`/v1/databases/${name}/upgrade`,
        { version: input.args.version, backup: !noBackup(input) },
        Accepted,
      ),
    done: (name, input) =>
      `${name} runs ${input.args.version}. Back with: bastide ${words.family}:upgrade:undo ${name}`,
  }),
  {
    name: `${words.family}:upgrade:undo`,
    summary: 'Go back to the version and the content of before the upgrade; what was written since is lost',
    args: [databaseArgument],
    options: [
      { flags: '--confirm <database>', description: 'the name of the database, instead of being asked' },
    ],
    examples: [`bastide ${words.family}:upgrade:undo ${words.example} --confirm ${words.example}`],
    uses: ['getDatabase', 'undoUpgrade'],
    async run(io, input) {
      const name = await databaseOf(io, input, words);
      if (isRefusal(name)) return name;
      const warning = `What was written to ${name} since its upgrade will be lost.`;
      const sure = await confirmed(io, given(input, 'confirm'), name, warning);
      if (isRefusal(sure)) return sure;
      const at = path`/v1/databases/${name}/upgrade`;
      const done = await watch(io, await io.api.send('DELETE', at, undefined, Accepted));
      if (isRefusal(done)) return done;
      io.print.done(done, `${name} is as it was before the upgrade.`);
      return undefined;
    },
  },
  destroy(words),
];
