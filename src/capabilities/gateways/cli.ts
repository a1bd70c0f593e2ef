import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../cli/command.ts';
import { usage } from '../../cli/errors.ts';
import { type Io, watch } from '../../cli/io.ts';
import { projectOf, projectOption } from '../../cli/project.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { grantForInvalid, grantNotFound } from './errors.ts';
import { type GatewayName, Grant, OpenedGrant } from './model.ts';
import { secondsOf } from './plan/duration.ts';

const Grants = z.object({ grants: z.array(Grant) });
const short = (iso: string | null): string => iso?.slice(0, 19).replace('T', ' ') ?? '';

/** libpq and MariaDB's clients need a file to check the platform's certificate by; this computer has it from signing in. */
async function withAuthority(io: Io, gateway: GatewayName, url: string): Promise<string> {
  const ca = io.config?.ca;
  if (!ca) return gateway === 'postgres' ? `${url}&sslrootcert=system` : url;
  const file = join(io.configDir, 'ca.pem');
  await writeFile(file, ca);
  return `${url}&${gateway === 'postgres' ? 'sslrootcert' : 'ssl-ca'}=${encodeURIComponent(file)}`;
}

async function open(io: Io, input: Input, gateway: GatewayName) {
  const project = await projectOf(io, input);
  if (isRefusal(project)) return project;
  const source = given(input, 'from');
  if (!source)
    return usage('Nobody is named who may come in', 'Give your own public address: --from 203.0.113.7');
  const time = given(input, 'for') ?? '1h';
  const seconds = secondsOf(time);
  if (seconds === undefined) return grantForInvalid(time);
  const database = given(input, 'database') ?? null;
  const body = { gateway, database, source, seconds };
  const asked = await io.api.send('POST', path`/v1/projects/${project}/grants`, body, OpenedGrant);
  const done = await watch(io, asked);
  if (isRefusal(done)) return done;
  if (isRefusal(asked)) return asked;
  const url = await withAuthority(io, gateway, asked.url);
  io.print.done(
    { grant: asked.grant, url, until: asked.until, operation: done },
    `${url}\n\nOpen to ${source} until ${short(asked.until)} UTC. This address is shown once: it is kept nowhere.`,
  );
  return undefined;
}

async function close(io: Io, input: Input, gateway: GatewayName) {
  const project = await projectOf(io, input);
  if (isRefusal(project)) return project;
  const list = await io.api.get(path`/v1/projects/${project}/grants`, Grants);
  if (isRefusal(list)) return list;
  const [grant, database] = [given(input, 'grant'), given(input, 'database')];
  const chosen = list.grants.filter(
    (one) =>
      one.gateway === gateway && (!grant || one.id === grant) && (!database || one.database === database),
  );
  if (grant && chosen.length === 0) return grantNotFound();
  for (const { id } of chosen) {
    const asked = await io.api.send(
      'DELETE',
      path`/v1/projects/${project}/grants/${id}`,
      undefined,
      Accepted,
    );
    const done = await watch(io, asked);
    if (isRefusal(done)) return done;
  }
  const closed = chosen.map(({ id }) => id);
  io.print.done({ closed }, chosen.length === 0 ? 'Nothing was open.' : `Closed ${chosen.length}.`);
  return undefined;
}

const databaseOption = {
  flags: '--database <database>',
  description: 'which database; needed where the project has several of the kind',
};

const verbs = (noun: 'pg' | 'mysql', gateway: GatewayName, what: string): CommandRow[] => [
  {
    name: `${noun}:open`,
    summary: `Open a ${what} database to one address for a while, with a credential of its own`,
    options: [
      projectOption,
      databaseOption,
      { flags: '--from <address>', description: 'the one address that may come in' },
      { flags: '--for <time>', description: 'how long, a day at most', default: '1h' },
    ],
    examples: [
      `bastide ${noun}:open --for 1h --from 203.0.113.7`,
      `bastide ${noun}:open --project shop --database shop-db --from 2001:db8::7 --for 30m`,
    ],
    uses: ['openGrant', 'listProjects', 'followOperation'],
    run: (io, input) => open(io, input, gateway),
  },
  {
    name: `${noun}:close`,
    summary: `Close what ${noun}:open opened; sessions end`,
    options: [
      projectOption,
      databaseOption,
      { flags: '--grant <id>', description: 'only this one; all of them unless told' },
    ],
    examples: [`bastide ${noun}:close`, `bastide ${noun}:close --database shop-db`],
    uses: ['listGrants', 'closeGrant', 'listProjects', 'followOperation'],
    run: (io, input) => close(io, input, gateway),
  },
];

/** Door 2 of grants. */
export const commands: readonly CommandRow[] = [
  ...verbs('pg', 'postgres', 'PostgreSQL'),
  ...verbs('mysql', 'mysql', 'MySQL'),
  {
    name: 'grants',
    summary: 'Who may reach databases of a project from outside',
    options: [projectOption, { flags: '--all', description: 'closed ones too' }],
    examples: ['bastide grants', 'bastide grants --project shop --all'],
    uses: ['listGrants', 'listProjects'],
    async run(io, input) {
      const project = await projectOf(io, input);
      if (isRefusal(project)) return project;
      const query = input.options.all === true ? '?all=true' : '';
      const list = await io.api.get(`${path`/v1/projects/${project}/grants`}${query}`, Grants);
      if (isRefusal(list)) return list;
      io.print.table(list.grants, {
        grant: (one) => one.id,
        entry: (one) => one.gateway,
        database: (one) => one.database,
        from: (one) => one.source,
        state: (one) => (one.endReason && one.state === 'closed' ? `closed (${one.endReason})` : one.state),
        until: (one) => short(one.until),
        by: (one) => one.openedBy,
      });
      return undefined;
    },
  },
];
