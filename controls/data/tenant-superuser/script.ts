/** What a tenant who wants more would say to its own server. `answers`: rows that come back are what it wanted. */
export const STATEMENTS: readonly { readonly what: string; readonly sql: string }[] = [
  { what: 'become superuser', sql: 'alter role current_user superuser' },
  { what: 'create a superuser', sql: "create role intruder superuser login password 'x'" },
  { what: 'create a role', sql: 'create role intruder' },
  { what: 'create a database', sql: 'create database intruder' },
  { what: 'become postgres', sql: 'set role postgres' },
  { what: 'become postgres for the session', sql: 'set session authorization postgres' },
  { what: 'read password hashes', sql: 'select rolpassword from pg_authid limit 1' },
  { what: 'run a program', sql: "copy (select 1) to program 'id'" },
  { what: 'read through a program', sql: "create temp table t_p (x text); copy t_p from program 'id'" },
  { what: 'read a file', sql: "select pg_read_file('/etc/passwd')" },
  { what: 'read a file with copy', sql: "create temp table t_f (x text); copy t_f from '/etc/passwd'" },
  { what: 'write a file', sql: "copy (select 1) to '/tmp/intruder'" },
  { what: 'list a directory', sql: "select pg_ls_dir('/')" },
  { what: 'load a file as a large object', sql: "select lo_import('/etc/passwd')" },
  { what: 'write a large object to a file', sql: "select lo_export(lo_from_bytea(0, 'x'), '/tmp/intruder')" },
  { what: 'change the configuration', sql: "alter system set ssl = 'off'" },
  { what: 'load a library', sql: "load 'dblink'" },
  { what: 'make an untrusted language', sql: 'create extension plperlu' },
  { what: 'make a C function', sql: "create function f_c() returns int language c as 'libc.so.6', 'getpid'" },
  { what: 'connect elsewhere by dblink', sql: 'create extension dblink' },
  { what: 'connect elsewhere by a foreign table', sql: 'create extension postgres_fdw' },
  { what: 'read files by a foreign table', sql: 'create extension file_fdw' },
  {
    what: 'make an event trigger',
    sql: 'create function f_e() returns event_trigger language plpgsql as $$begin end$$; create event trigger intruder on ddl_command_end execute function f_e()',
  },
  { what: 'switch write-ahead logs', sql: 'select pg_switch_wal()' },
  {
    what: 'end the sessions of others',
    sql: 'select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user limit 1',
  },
  {
    what: 'see what other users say',
    sql: "select query from pg_stat_activity where usename <> current_user and query not in ('', '<insufficient privilege>')",
  },
];

/** Each in a transaction of its own that is undone. */
export const SCRIPT = `
import pg from 'pg';
const connect = async () => {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect();
  return client;
};
const client = await connect();
const { rows } = await client.query('select 1 + 1 as two');
const works = [{ what: 'an ordinary question', ok: rows[0].two === 2, said: '' }];
await client.end();
const attempts = [];
for (const { what, sql } of input) {
  const own = await connect();
  let one;
  try {
    // create database and alter system do not run in a transaction; nothing else is kept.
    const alone = /^(create database|alter system)/.test(sql);
    if (!alone) await own.query('begin');
    const answer = await own.query(sql);
    const results = [answer].flat();
    const last = results[results.length - 1];
    const empty = last.command === 'SELECT' && last.rows.length === 0;
    one = { what, refused: empty, said: empty ? 'nothing came back' : 'done: ' + last.command };
    if (!alone) await own.query('rollback');
  } catch (error) {
    one = { what, refused: true, said: String(error.code ?? error.message) };
  }
  await own.end().catch(() => {});
  attempts.push(one);
}
report({ works, attempts });
`;
