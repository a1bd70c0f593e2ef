import { randomBytes } from 'node:crypto';
import type { Client } from '../../src/adapters/databases/port.ts';
import { startServer, type TestServer, testCredential } from '../../src/adapters/databases/testbed.ts';
import { databaseOf } from '../../src/adapters/postgres/names.ts';
import { postgres } from '../../src/adapters/postgres/postgres.ts';
import { databaseHost, PLANS } from '../../src/capabilities/databases/model.ts';
import { must } from '../../src/kernel/refusal.ts';
import { Secret } from '../../src/kernel/secret.ts';
import type { Ending } from './ending.ts';
import { CREATE_ENTRIES, content, insertRows, ROWS_A_MB } from './rows.ts';

export interface BenchDatabase {
  readonly server: TestServer;
  /** Runs SQL as the app's user, over TLS; what it printed. */
  sql(text: string): Promise<string>;
  /** Fills the table `entries` until its dump is about so large. */
  fill(megabytes: number): Promise<void>;
  /** So many rows more at the end. */
  append(rows: number): Promise<void>;
  /** So many of the newest tenth, or of all rows, evenly spread, get other content. */
  rewrite(rows: number, where: 'newest' | 'everywhere', salt: string): Promise<void>;
  rows(): Promise<number>;
  /** Empty again, as `prepare` makes it: for the next restore. */
  empty(): Promise<void>;
  /** pgbench as the app's user, over TLS; what it printed. */
  pgbench(...words: string[]): Promise<string>;
}

/** The platform's own PostgreSQL, from its stack and with its configuration, with a database and a user in it. */
export async function startDatabase(ending: Ending, around: string, name: string): Promise<BenchDatabase> {
  const instance = {
    id: `0190a0a0-0000-7000-8000-${randomBytes(6).toString('hex')}`,
    name,
    version: '15',
    limits: PLANS.standard,
    host: databaseHost(name),
  };
  const server = await startServer(postgres, instance, around);
  ending.defer(async () => server[Symbol.asyncDispose]());
  const { session } = server;
  must(await postgres.prepare(session));
  const credential = testCredential(postgres, instance);
  must(await postgres.setUser(session, credential));
  const client = postgres.client(instance, credential);

  async function as(program: Client, stdin: string, words: readonly string[] = []): Promise<string> {
    const ran = await server.as(program, stdin, words);
    if (ran.code !== 0) throw new Error(`${program.argv[0]}: ${ran.stderr || ran.stdout}`);
    return ran.stdout;
  }
  const sql = (text: string) => as(client, text, ['-At']);
  const rows = async () => Number(await sql('select coalesce(max(n), 0) from entries;'));

  async function append(count: number): Promise<void> {
    const first = (await rows()) + 1;
    for (const statement of insertRows(first, first + count - 1)) await sql(statement);
  }

  return {
    server,
    sql,
    rows,
    append,
    async fill(megabytes) {
      await sql(CREATE_ENTRIES);
      await append(Math.ceil(megabytes * ROWS_A_MB));
      await sql('vacuum analyze entries;');
    },
    async rewrite(count, where, salt) {
      const all = await rows();
      const [from, among] = where === 'newest' ? [Math.floor(all * 0.9), Math.ceil(all * 0.1)] : [0, all];
      const each = Math.max(1, Math.floor(among / count));
      await sql(
        `update entries set what = (select ${content(salt)} from (select entries.n as g) as row) where n > ${from} and n % ${each} = 0;`,
      );
    },
    async empty() {
      const database = databaseOf(instance);
      const dropped = await session.run(
        ['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', '/run/postgresql', '-U', 'postgres', '-f', '-'],
        new Secret(`drop database if exists ${database} with (force);\n`),
      );
      if (must(dropped).code !== 0) throw new Error(must(dropped).stderr);
      must(await postgres.prepare(session));
      must(await postgres.setUser(session, credential));
    },
    pgbench: (...words) => as({ argv: ['pgbench'], env: client.env }, '', words),
  };
}
