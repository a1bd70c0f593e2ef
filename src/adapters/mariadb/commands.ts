import type { Client, Credential, Instance } from '../databases/port.ts';
import { databaseOf, KEEPER, RESTORER } from './names.ts';
import { PLACES } from './places.ts';

const local = (user: string): string[] => [
  ...['--no-defaults', '--protocol=socket', `--socket=${PLACES.socket}`, `--user=${user}`],
  '--default-character-set=utf8mb4',
];

/** Statements on standard input, answers as rows of tab-separated fields as they come. No shell, no files. */
const mariadb = (user: string): string[] => [
  ...['mariadb', ...local(user), '--batch', '--raw', '--skip-column-names', '--unbuffered', '--sandbox'],
];

/** As the server's administrator; no database is chosen. */
export const administer = (): string[] => mariadb(KEEPER);

export const isReady = (): string[] => ['mariadb-admin', ...local(KEEPER), '--connect-timeout=5', 'ping'];

const dumping = (instance: Instance, ...options: string[]): string[] => [
  ...['mariadb-dump', ...local(KEEPER), '--skip-comments', '--skip-lock-tables', '--routines', '--triggers'],
  ...['--events', ...options, databaseOf(instance)],
];

/** One snapshot of everything. Comments stay out: names in them would be text that the reader has to trust. */
export const dump = (instance: Instance): string[] =>
  dumping(instance, '--single-transaction', '--quick', '--hex-blob', '--max-allowed-packet=1G');

/** The definitions alone. */
export const schema = (instance: Instance): string[] =>
  dumping(instance, '--no-data', '--single-transaction');

/** Into the database, as one who may do nothing outside of it. */
export const restore = (instance: Instance): string[] => [
  ...['mariadb', ...local(RESTORER), '--batch', '--sandbox', '--max-allowed-packet=1G', databaseOf(instance)],
];

/** For one query of somebody's: as their own user by the loopback. The sandbox has no shell, no pager and no files. */
export const asking = (instance: Instance, { user, password }: Credential): Client => ({
  argv: [
    ...['mariadb', '--no-defaults', '--protocol=tcp', '--host=127.0.0.1', `--port=${PLACES.port}`],
    ...[`--user=${user}`, '--ssl', '--sandbox', '--default-character-set=utf8mb4', '--batch', '--raw'],
    ...['--skip-column-names', '--unbuffered', `--database=${databaseOf(instance)}`],
  ],
  env: { MYSQL_PWD: password },
});

/** For people: over TLS, verified, as their own user. The sandbox has no shell, no pager and no files. */
export const client = (instance: Instance, { user, password }: Credential): Client => ({
  argv: [
    ...['mariadb', '--no-defaults', '--protocol=tcp', `--host=${instance.host}`, `--port=${PLACES.port}`],
    ...[`--user=${user}`, '--ssl', '--ssl-verify-server-cert', `--ssl-ca=${PLACES.ca}`, '--sandbox'],
    ...['--default-character-set=utf8mb4', '--table', `--database=${databaseOf(instance)}`],
  ],
  env: { MYSQL_PWD: password, MYSQL_HISTFILE: '/dev/null' },
});
