import type { Instance } from '../../databases/port.ts';
import { databaseOf, keeperOf, ownerOf } from '../names.ts';

const POWERLESS = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION';
/** Only what the server itself defines is found by name, whatever a customer has made. */
const HEAD = '\\set ON_ERROR_STOP on\nSET search_path = pg_catalog;';

/** A text constant. What comes here is base64 and our own names; anything with a quote is a bug. */
const text = (value: string): string => {
  if (/['\\]/.test(value)) throw new Error('this cannot be a text constant');
  return `'${value}'`;
};
/** An identifier: our own names only. */
const name = (value: string): string => {
  if (!/^[a-z][a-z0-9_]*$/.test(value)) throw new Error(`${value} cannot be an identifier`);
  return `"${value}"`;
};
const script = (...lines: string[]): string => [HEAD, ...lines, ''].join('\n');

const roleThere = (role: string): string =>
  `SELECT 'CREATE ROLE ${name(role)}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${text(role)}) \\gexec`;

/**
 * The database, its owner and its keeper. For psql: \\gexec runs what a query gives, because a database cannot be
 * created inside a transaction.
 */
export const renderPrepare = (instance: Instance): string => {
  const [owner, keeper, database] = [ownerOf(instance), keeperOf(instance), databaseOf(instance)];
  return script(
    roleThere(owner),
    `ALTER ROLE ${name(owner)} NOLOGIN ${POWERLESS} NOBYPASSRLS;`,
    roleThere(keeper),
    // Rows that the customer hides from the customer are backed up too.
    `ALTER ROLE ${name(keeper)} LOGIN ${POWERLESS} BYPASSRLS PASSWORD NULL;`,
    `GRANT ${name(owner)} TO ${name(keeper)};`,
    `SELECT 'CREATE DATABASE ${name(database)} OWNER ${name(owner)} TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8''' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${text(database)}) \\gexec`,
    `ALTER DATABASE ${name(database)} OWNER TO ${name(owner)};`,
    `ALTER DATABASE ${name(database)} CONNECTION LIMIT ${instance.limits.connections + 5};`,
    `REVOKE ALL ON DATABASE ${name(database)}, postgres, template1 FROM PUBLIC;`,
    'CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public;',
  );
};

/** A user that acts as the owner, so that two users see and may change the same things. Gets a verifier, not a password. */
export const renderSetUser = (instance: Instance, user: string, verifier: string): string => {
  const owner = name(ownerOf(instance));
  return script(
    roleThere(user),
    `ALTER ROLE ${name(user)} LOGIN ${POWERLESS} NOBYPASSRLS PASSWORD ${text(verifier)};`,
    `GRANT ${owner} TO ${name(user)};`,
    `ALTER ROLE ${name(user)} SET role = ${text(ownerOf(instance))};`,
    // What it makes after RESET ROLE is in the dump too.
    `GRANT ${name(user)} TO ${name(keeperOf(instance))};`,
  );
};

const endSessions = (condition: string): string =>
  `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND ${condition} \\gset ended_`;

/** Puts it out, gives what it made to the owner, and removes it. */
export const renderDropUser = (instance: Instance, user: string): string =>
  script(
    `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${text(user)}) AS there \\gset`,
    '\\if :there',
    `ALTER ROLE ${name(user)} NOLOGIN;`,
    endSessions(`usename = ${text(user)}`),
    `\\connect ${name(databaseOf(instance))}`,
    'SET search_path = pg_catalog;',
    `REASSIGN OWNED BY ${name(user)} TO ${name(ownerOf(instance))};`,
    `DROP OWNED BY ${name(user)};`,
    '\\connect postgres',
    `DROP ROLE ${name(user)};`,
    '\\endif',
  );

export const renderUsers = (instance: Instance): string =>
  script(
    `SELECT rolname FROM pg_roles WHERE rolname LIKE ${text(`u_${ownerOf(instance).slice(2)}_%`)} AND rolcanlogin ORDER BY rolname;`,
  );

/** Nobody but the platform gets in, and who is in is put out; or they may again. */
export const renderFreeze = (instance: Instance, frozen: boolean): string => {
  const database = databaseOf(instance);
  const limit = frozen ? 0 : instance.limits.connections + 5;
  // Whoever may be the owner: its users, and those that a gateway let in for an hour.
  const users = `rolname <> ${text(keeperOf(instance))} AND oid IN (SELECT member FROM pg_auth_members WHERE roleid = ${text(ownerOf(instance))}::regrole)`;
  return script(
    `SELECT format('ALTER ROLE %I ${frozen ? 'NOLOGIN' : 'LOGIN'}', rolname) FROM pg_roles WHERE ${users} \\gexec`,
    `ALTER DATABASE ${name(database)} CONNECTION LIMIT ${frozen ? 5 : limit};`,
    ...(frozen ? [endSessions(`datname = ${text(database)}`)] : []),
  );
};

/**
 * Transactions of users only read unless they say otherwise; the keeper's are as ever. Sessions keep what they began
 * with, so those that are open when it begins, or ends, end: once, not each time it is asked.
 */
export const renderHold = (instance: Instance, held: boolean): string => {
  const [database, keeper] = [databaseOf(instance), keeperOf(instance)];
  const setting = 'default_transaction_read_only';
  const now = `SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = ${text(database)} AND s.setrole = 0 AND '${setting}=on' = ANY (s.setconfig)`;
  return script(
    `SELECT EXISTS (${now}) IS DISTINCT FROM ${held} AS differs \\gset`,
    '\\if :differs',
    held
      ? `ALTER ROLE ${name(keeper)} IN DATABASE ${name(database)} SET ${setting} = off;`
      : `ALTER ROLE ${name(keeper)} IN DATABASE ${name(database)} RESET ${setting};`,
    held
      ? `ALTER DATABASE ${name(database)} SET ${setting} = on;`
      : `ALTER DATABASE ${name(database)} RESET ${setting};`,
    endSessions(`datname = ${text(database)} AND usename <> ${text(keeper)}`),
    '\\endif',
  );
};

export const renderExtension = (instance: Instance, extension: string, on: boolean): string => {
  if (!/^[a-z][a-z_-]*$/.test(extension)) throw new Error(`${extension} cannot be an extension`);
  return [
    '\\set ON_ERROR_STOP on',
    // As the owner: it is trusted, so no superuser is needed.
    `SET ROLE ${name(ownerOf(instance))};`,
    on
      ? `CREATE EXTENSION IF NOT EXISTS "${extension}" SCHEMA public;`
      : `DROP EXTENSION IF EXISTS "${extension}";`,
    '',
  ].join('\n');
};
