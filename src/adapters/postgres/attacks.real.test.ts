import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Credential } from '../databases/port.ts';
import { instanceOf, type RealServer, realServer } from './fixtures/server.ts';
import { databaseOf, keeperOf, ownerOf } from './names.ts';
import { postgres } from './postgres.ts';

let server: RealServer;
let tenant: Credential;
/** What no project gets: with it every attack below must succeed, or the attack proves nothing. */
const weak: Credential = { user: 'weak', password: new Secret('weak') };

const asServer = async (sql: string) => {
  const argv = [
    'psql',
    '-X',
    '-qAt',
    '-v',
    'ON_ERROR_STOP=1',
    '-h',
    '/run/postgresql',
    '-U',
    'postgres',
    '-f',
    '-',
  ];
  const ran = must(await server.session.run(argv, sql));
  if (ran.code !== 0) throw new Error(ran.stderr);
  return ran.stdout;
};

beforeAll(async () => {
  server = await realServer(instanceOf('victim'));
  tenant = { user: postgres.user(server.session.instance, 1), password: new Secret('tenant') };
  must(await postgres.prepare(server.session));
  must(await postgres.setUser(server.session, tenant));
  await asServer(`CREATE ROLE weak LOGIN SUPERUSER PASSWORD 'weak'; CREATE DATABASE neighbour; CREATE TABLE secrets (word text);
    CREATE ROLE bystander LOGIN; REVOKE ALL ON DATABASE neighbour FROM PUBLIC;`);
});
afterAll(async () => {
  await server?.close();
});

const names = () => {
  const { instance } = server.session;
  return { database: databaseOf(instance), owner: ownerOf(instance), keeper: keeperOf(instance) };
};

type Attack = readonly [what: string, sql: string | (() => string)];

/** Each runs in a transaction that is rolled back where it can be, so that one does not help the next. */
const ATTACKS: readonly Attack[] = [
  ['becomes superuser', () => `ALTER ROLE "${tenant.user}" SUPERUSER;`],
  ['makes a superuser', 'CREATE ROLE evil SUPERUSER LOGIN;'],
  ['makes a role', 'CREATE ROLE evil2 LOGIN;'],
  ['makes a database', 'CREATE DATABASE evil;'],
  ['becomes the server', 'SET ROLE postgres;'],
  ['becomes the keeper', () => `SET ROLE ${names().keeper};`],
  ["becomes somebody else's session", 'SET SESSION AUTHORIZATION postgres;'],
  ['joins those who read files', () => `GRANT pg_read_server_files TO ${names().owner};`],
  ['joins those who run programs', () => `GRANT pg_execute_server_program TO ${names().owner};`],
  ['ignores row security', () => `ALTER ROLE "${tenant.user}" BYPASSRLS;`],
  ['replicates', () => `ALTER ROLE "${tenant.user}" REPLICATION;`],
  ["takes another user's password", "ALTER ROLE bystander PASSWORD 'x';"],
  ['connects to the server database', '\\connect postgres'],
  ['connects to the template', '\\connect template1'],
  ['connects to another database', '\\connect neighbour'],
  ['runs a program by COPY FROM', "CREATE TEMP TABLE t (x text); COPY t FROM PROGRAM 'id';"],
  ['runs a program by COPY TO', "COPY (SELECT 1) TO PROGRAM 'cat';"],
  ['reads a file by COPY', "CREATE TEMP TABLE t (x text); COPY t FROM '/etc/passwd';"],
  ['writes a file by COPY', "COPY (SELECT 1) TO '/wal/written';"],
  ['reads a file', "SELECT pg_read_file('/etc/passwd');"],
  ['reads the key', "SELECT pg_read_binary_file('/config/server.key');"],
  ['lists a directory', "SELECT pg_ls_dir('/config');"],
  ['looks at a file', "SELECT pg_stat_file('/config/server.key');"],
  ['lists the log', 'SELECT pg_ls_waldir();'],
  ['imports a file as a large object', "SELECT lo_import('/etc/passwd');"],
  ['exports a large object to a file', "SELECT lo_export(lo_create(0), '/wal/exported');"],
  ['writes through the system catalog of large objects', "INSERT INTO pg_largeobject VALUES (1, 0, 'x');"],
  ['reads password verifiers', 'SELECT rolpassword FROM pg_authid;'],
  ['reads password verifiers elsewhere', 'SELECT passwd FROM pg_shadow;'],
  ['reads who may connect', 'SELECT * FROM pg_hba_file_rules;'],
  ['reads statistics of everybody', 'SELECT * FROM pg_statistic;'],
  ['changes the server', "ALTER SYSTEM SET archive_command = 'id';"],
  ['changes a setting of the server', "SET log_statement = 'all';"],
  ['loads a library', "LOAD '$libdir/dblink';"],
  [
    'loads its own library',
    "CREATE FUNCTION sys(text) RETURNS int AS '/lib/x86_64-linux-gnu/libc.so.6', 'system' LANGUAGE c;",
  ],
  [
    'makes a function of an internal one',
    "CREATE FUNCTION f(cstring) RETURNS int AS 'int4in' LANGUAGE internal;",
  ],
  ['uses dblink', 'CREATE EXTENSION dblink;'],
  ['uses postgres_fdw', 'CREATE EXTENSION postgres_fdw;'],
  ['uses file_fdw', 'CREATE EXTENSION file_fdw;'],
  ['uses adminpack', 'CREATE EXTENSION adminpack;'],
  ['uses pageinspect', 'CREATE EXTENSION pageinspect;'],
  [
    'makes an event trigger',
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end'; CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION e();",
  ],
  ['makes a foreign server', 'CREATE FOREIGN DATA WRAPPER w;'],
  ['makes a tablespace', "CREATE TABLESPACE t LOCATION '/tmp';"],
  [
    'makes a subscription',
    "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p WITH (connect = false);",
  ],
  ['makes a replication slot', "SELECT pg_create_physical_replication_slot('s');"],
  ['switches the log', 'SELECT pg_switch_wal();'],
  ['rotates the log', 'SELECT pg_reload_conf();'],
  ['writes into the catalog', 'UPDATE pg_class SET relowner = 10;'],
  [
    'makes a type of bytes',
    "CREATE TYPE evil; CREATE FUNCTION i(cstring) RETURNS evil AS 'boolin' LANGUAGE internal STRICT;",
  ],
  [
    'makes a cast without a function',
    'CREATE TYPE pair AS (a int, b int); CREATE CAST (pair AS bytea) WITHOUT FUNCTION;',
  ],
  ['makes a leakproof function', "CREATE FUNCTION l() RETURNS int LANGUAGE sql LEAKPROOF AS 'select 1';"],
  [
    "ends another's session",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' OR backend_type <> 'client backend';",
  ],
  [
    'gives a function to the server',
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'select 1'; ALTER FUNCTION g() OWNER TO postgres;",
  ],
  ['renames the database', () => `ALTER DATABASE ${names().database} RENAME TO mine;`],
  ['raises its connection limit', () => `ALTER DATABASE ${names().database} OWNER TO "${tenant.user}";`],
];

/** As the owner, which a tenant is unless told, or as the user itself. */
const said = (credential: Credential, attack: Attack, reset: boolean) => {
  const sql = typeof attack[1] === 'string' ? attack[1] : attack[1]();
  return server.ask(credential, `${reset ? 'RESET ROLE;\n' : ''}${sql}\n`);
};

describe('a project with its database', () => {
  // Judged below, each by what comes of it.
  const own = new Set(['renames the database', 'raises its connection limit', "ends another's session"]);

  it.each(ATTACKS.filter(([what]) => !own.has(what)))('never %s', async (...attack) => {
    for (const reset of [false, true]) {
      const refused = await said(tenant, attack, reset);
      expect(refused.code, refused.stdout).not.toBe(0);
      expect(refused.stderr).toMatch(
        /permission denied|must be (superuser|owner|member|able)|only roles with|User does not have CONNECT|no pg_hba.conf entry|pg_hba.conf rejects|Must be superuser|Only superuser|must have|access to library|not allowed|superuser|already (exists|a member)/i,
      );
    }
  });

  it('never ends a session that is not its own', async () => {
    const attack = ATTACKS.find(([what]) => what === "ends another's session")!;
    const holding = server.session.run([
      'psql',
      '-X',
      '-qAt',
      '-h',
      '/run/postgresql',
      '-U',
      'postgres',
      '-c',
      'SELECT pg_sleep(2)',
    ]);
    await said(tenant, attack, true);
    expect(must(await holding).code).toBe(0);
  });

  it('never reads the catalog of another database or a table of the server', async () => {
    const other = await server.ask(tenant, 'SELECT * FROM secrets;');
    expect(other.stderr).toMatch(/does not exist/);
  });

  it('has a cast of its own that runs when its rows are read, and never as the server', async () => {
    const trap = `CREATE TABLE bait (x int); INSERT INTO bait VALUES (1); CREATE TABLE caught (who text);
      CREATE FUNCTION spring(bait) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO caught VALUES (session_user || '/' || current_user); RETURN 'x'; END $$;
      CREATE CAST (bait AS text) WITH FUNCTION spring(bait) AS IMPLICIT;
      CREATE FUNCTION public.md5(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO caught VALUES (session_user); RETURN 'x'; END $$;
      CREATE FUNCTION public.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;`;
    expect((await server.ask(tenant, trap)).stderr).toBe('');
    must(await postgres.manifest(server.session, new AbortController().signal));
    must(await postgres.info(server.session));
    must(await postgres.setUser(server.session, tenant));
    expect((await server.ask(tenant, 'SELECT count(*) FROM caught;')).stdout.trim()).toBe('0');
    // The trap works: whoever casts is caught.
    await server.ask(tenant, 'SELECT bait::text FROM bait;');
    expect((await server.ask(tenant, 'SELECT count(*) FROM caught;')).stdout.trim()).toBe('1');
  });

  it('cannot take more connections than its plan has', async () => {
    const { connections } = server.session.instance.limits;
    const asked = await Promise.all(
      Array.from({ length: connections + 12 }, () => server.ask(tenant, 'SELECT pg_sleep(3);')),
    );
    expect(asked.filter(({ stderr }) => /too many connections/.test(stderr)).length).toBeGreaterThan(0);
    expect(must(await postgres.ready(server.session))).toBe(true);
  });
});

describe('the same attacks by a role that was made too strong', () => {
  const impossible = new Set([
    // Nobody can, whatever the role: for want of files, of a type, or because it would end the test's own session.
    'makes a cast without a function',
    'writes through the system catalog of large objects',
    'writes into the catalog',
    'raises its connection limit',
    'renames the database',
    'makes a tablespace',
    'becomes superuser',
    "ends another's session",
  ]);

  beforeAll(async () => {
    const file = join(server.dir, 'config/pg_hba.conf');
    await writeFile(file, `hostssl all all all scram-sha-256\n${await readFile(file, 'utf8')}`);
    await asServer('SELECT pg_reload_conf();');
  });

  it.each(ATTACKS.filter(([what]) => !impossible.has(what)))('succeed: it %s', async (...attack) => {
    const done = await said(weak, attack, false);
    expect(done.stderr).not.toMatch(/permission denied|must be|rejects|no pg_hba/i);
  });
});
