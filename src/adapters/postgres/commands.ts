import type { Client, Credential, Instance } from '../databases/port.ts';
import { databaseOf, keeperOf, ownerOf } from './names.ts';
import { PLACES } from './places.ts';

const SUPERUSER = 'postgres';
const socket = ['-h', PLACES.socket];

const psql = (user: string, database: string): string[] => [
  ...['psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-F', '\t', ...socket],
  ...['-U', user, '-d', database, '-f', '-'],
];

/** As superuser, and never in a customer's database: what is in there could make it run anything. */
export const psqlServer = (): string[] => psql(SUPERUSER, 'postgres');
/** In the customer's database, with that database's rights and no other. */
export const psqlKeeper = (instance: Instance): string[] => psql(keeperOf(instance), databaseOf(instance));

export const isReady = (): string[] => ['pg_isready', '-q', ...socket];

/** Custom format, not compressed: the backup compresses and finds what it has already. */
export const dump = (instance: Instance, snapshot: string): string[] => [
  ...['pg_dump', '--format=custom', '--compress=0', '--no-owner', '--no-privileges', '--no-password'],
  ...[`--snapshot=${snapshot}`, ...socket, '-U', keeperOf(instance), '-d', databaseOf(instance)],
];

/** All or nothing, as the database's owner. */
export const restore = (instance: Instance): string[] => [
  ...['pg_restore', '--exit-on-error', '--single-transaction', '--no-owner', '--no-privileges'],
  ...['--no-password', `--role=${ownerOf(instance)}`, ...socket],
  ...['-U', keeperOf(instance), '-d', databaseOf(instance)],
];

/**
 * For one query of somebody's: as their own user by the loopback, so that nothing is asked as the platform. The query
 * is in the environment and goes to the server as it is: psql reads no command of its own in it.
 */
export const asking = (
  instance: Instance,
  { user, password }: Credential,
  query: string,
  seconds: number,
): Client => ({
  argv: ['psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-F', '\t', '-f', '-'],
  env: {
    PGHOST: '127.0.0.1',
    PGPORT: String(PLACES.port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: databaseOf(instance),
    PGSSLMODE: 'require',
    PGOPTIONS: `-c default_transaction_read_only=on -c statement_timeout=${seconds}s`,
    BASTIDE_QUERY: query,
  },
});

/** For people: over TLS, verified, as their own user. */
export const client = (instance: Instance, { user, password }: Credential): Client => ({
  argv: ['psql', '-X', '-v', 'ON_ERROR_STOP=1'],
  env: {
    PGHOST: instance.host,
    PGPORT: String(PLACES.port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: databaseOf(instance),
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: PLACES.ca,
    PSQL_HISTORY: '/dev/null',
  },
});
