import { createHash } from 'node:crypto';
import type { Secret } from '../../../kernel/secret.ts';
import type { Instance } from '../../databases/port.ts';
import { databaseOf, RESTORER, usersOf } from '../names.ts';
import { grantedDatabase, identifier, text } from './quote.ts';

const sha1 = (data: string | Buffer): Buffer => createHash('sha1').update(data).digest();

/**
 * What the server keeps of a password (mysql_native_password). Our passwords are 256 random bits, so that the age of
 * the hash does not matter; and a gateway can pass this method on without knowing the password.
 */
export const verifierOf = (password: Secret): string =>
  `*${sha1(sha1(password.reveal())).toString('hex').toUpperCase()}`;

/** What no password hashes to, as far as anybody knows. */
const NO_PASSWORD = `*${'0'.repeat(40)}`;

const account = (user: string): string => `${text(user)}@'%'`;
const lines = (...statements: string[]): string => `${statements.join(';\n')};\n`;
const rightsIn = (instance: Instance): string => `ON ${grantedDatabase(databaseOf(instance))}.*`;

/** The database, and nobody in the server but the platform and the users that it made. */
export const renderPrepare = (instance: Instance): string =>
  lines(
    `CREATE DATABASE IF NOT EXISTS ${identifier(databaseOf(instance))} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    "DROP USER IF EXISTS ''@localhost, root@localhost, root@'127.0.0.1', root@'::1'",
  );

/** All that can be done in the database, TLS only. Gets a verifier, not a password. */
export const renderSetUser = (instance: Instance, user: string, verifier: string): string => {
  const method = `IDENTIFIED VIA mysql_native_password USING ${text(verifier)}`;
  const rules = `REQUIRE SSL WITH MAX_USER_CONNECTIONS ${instance.limits.connections}`;
  return lines(
    `CREATE USER IF NOT EXISTS ${account(user)} ${method} ${rules}`,
    `ALTER USER ${account(user)} ${method} ${rules} ACCOUNT UNLOCK`,
    `GRANT ALL PRIVILEGES ${rightsIn(instance)} TO ${account(user)}`,
  );
};

/** From now on it cannot sign in, and its connections end. */
export const renderEndUser = (user: string): string =>
  lines(
    `ALTER USER IF EXISTS ${account(user)} IDENTIFIED VIA mysql_native_password USING ${text(NO_PASSWORD)} ACCOUNT LOCK`,
    `KILL HARD USER ${account(user)}`,
  );

/** `user@host` of everybody whom something in the database names as its maker. */
export const renderMakers = (instance: Instance): string => {
  const database = text(databaseOf(instance));
  const from = (table: string, column: string) =>
    `SELECT definer FROM information_schema.${table} WHERE ${column} = ${database}`;
  return lines(
    [
      from('views', 'table_schema'),
      from('triggers', 'trigger_schema'),
      from('routines', 'routine_schema'),
      from('events', 'event_schema'),
    ].join(' UNION '),
  );
};

export const renderDropUser = (user: string): string => lines(`DROP USER IF EXISTS ${account(user)}`);

/** One whom a restored object names as its maker and who is not there: with the database's rights and no way in. */
export const renderAbsentMaker = (instance: Instance, user: string): string =>
  lines(
    `CREATE USER IF NOT EXISTS ${account(user)} IDENTIFIED VIA mysql_native_password USING ${text(NO_PASSWORD)} REQUIRE SSL ACCOUNT LOCK`,
    `GRANT ALL PRIVILEGES ${rightsIn(instance)} TO ${account(user)}`,
  );

/** Users that have a password. */
export const renderUsers = (instance: Instance): string =>
  lines(
    `SELECT User FROM mysql.global_priv WHERE Host = '%' AND LEFT(User, ${usersOf(instance).length}) = ${text(usersOf(instance))} AND JSON_VALUE(Priv, '$.authentication_string') <> ${text(NO_PASSWORD)} ORDER BY User`,
  );

export const renderFreeze = (users: readonly string[], frozen: boolean): string =>
  lines(
    ...users.map((user) => `ALTER USER ${account(user)} ACCOUNT ${frozen ? 'LOCK' : 'UNLOCK'}`),
    ...(frozen ? users.map((user) => `KILL HARD USER ${account(user)}`) : []),
    'DO 0',
  );

/** Users of the one database, whoever made them and locked ones too: those that may add to it, or that may not. */
export const renderWriters = (may: boolean): string =>
  lines(`SELECT User FROM mysql.db WHERE Host = '%' AND Insert_priv = '${may ? 'Y' : 'N'}' ORDER BY User`);

/** All that adds. What is left reads, deletes, drops and truncates. */
const ADDS =
  'INSERT, UPDATE, CREATE, ALTER, INDEX, REFERENCES, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE TEMPORARY TABLES, EVENT, TRIGGER';

/** For users that `renderWriters` named. A session keeps the rights that it began with, so it ends. */
export const renderHold = (instance: Instance, writers: readonly string[], held: boolean): string =>
  lines(
    ...writers.map((user) =>
      held
        ? `REVOKE ${ADDS} ${rightsIn(instance)} FROM ${account(user)}`
        : `GRANT ALL PRIVILEGES ${rightsIn(instance)} TO ${account(user)}`,
    ),
    ...writers.map((user) => `KILL HARD USER ${account(user)}`),
    'DO 0',
  );

/** Reads a dump back: by the local socket, with a password for this once and rights in this database. */
export const renderRestorer = (instance: Instance, verifier: string): string =>
  lines(
    `CREATE OR REPLACE USER ${RESTORER}@localhost IDENTIFIED VIA mysql_native_password USING ${text(verifier)}`,
    `GRANT ALL PRIVILEGES ${rightsIn(instance)} TO ${RESTORER}@localhost`,
    // What a dump holds belongs to whom it belonged.
    `GRANT SET USER ON *.* TO ${RESTORER}@localhost`,
  );

export const renderNoRestorer = (): string => lines(`DROP USER IF EXISTS ${RESTORER}@localhost`);
