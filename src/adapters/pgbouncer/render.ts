import { isIP, isIPv4 } from 'node:net';
import type { Outcome } from '../../kernel/refusal.ts';
import { routeInvalid } from './errors.ts';
import type { GatewayConfig, GatewayRoute } from './port.ts';

/** Where PgBouncer finds things and listens. */
export interface PgbouncerSettings {
  /** Directory of its files, as it sees it. */
  readonly directory: string;
  /** Addresses to listen on; `*` is all. */
  readonly listen: string;
  readonly port: number;
  /** Directory of the socket through which root asks it what it knows. */
  readonly socketDir: string;
}

/** The only user of the console, by the socket and its own identity. */
export const ADMIN = 'root';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const VERIFIER = /^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;

/** What cannot be written into its files without changing their meaning is not written. */
export const isSound = ({ user, verifier, source, backend }: GatewayRoute): boolean =>
  NAME.test(user) &&
  user !== ADMIN &&
  VERIFIER.test(verifier) &&
  isIP(source) !== 0 &&
  isIP(backend.host) !== 0 &&
  Number.isInteger(backend.port) &&
  backend.port > 0 &&
  backend.port < 65_536 &&
  NAME.test(backend.database);

/** A verifier that no password has: its keys are nobody's hash. */
const NOBODYS = `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`;
const EVERYWHERE = ['0.0.0.0/0', '::/0'] as const;

const network = (address: string): string => `${address}/${isIPv4(address) ? 32 : 128}`;

/** PgBouncer's own files. Sessions are whole (no sharing of server connections), each used once. */
export function renderFiles(
  settings: PgbouncerSettings,
  config: GatewayConfig,
): Outcome<Readonly<Record<string, string>>> {
  const bad = config.routes.find((route) => !isSound(route));
  if (bad) return routeInvalid(bad.user);
  const routes = [...config.routes].sort((a, b) => (a.user < b.user ? -1 : 1));
  const at = (file: string): string => `${settings.directory}/${file}`;
  return {
    'tls.key': config.certificate.key.reveal(),
    'tls.crt': config.certificate.chain,
    'ca.crt': config.ca,
    'users.txt': [{ user: ADMIN, verifier: NOBODYS }, ...routes]
      .map(({ user, verifier }) => `"${user}" "${verifier}"\n`)
      .join(''),
    'hba.conf': [
      `local pgbouncer ${ADMIN} peer`,
      ...routes.map(({ user, source }) => `hostssl ${user} ${user} ${network(source)} scram-sha-256`),
      ...[ADMIN, ...routes.map(({ user }) => user)].flatMap((user) =>
        EVERYWHERE.map((range) => `host all ${user} ${range} reject`),
      ),
      // Whoever is left is unknown, and is led through a login that fails as one with a wrong password does.
      ...EVERYWHERE.map((range) => `hostssl all all ${range} scram-sha-256`),
      '',
    ].join('\n'),
    'pgbouncer.ini': [
      '[databases]',
      ...routes.map(
        ({ user, backend }) =>
          `${user} = host=${backend.host} port=${backend.port} dbname=${backend.database}`,
      ),
      '',
      '[pgbouncer]',
      `listen_addr = ${settings.listen}`,
      `listen_port = ${settings.port}`,
      `unix_socket_dir = ${settings.socketDir}`,
      'auth_type = hba',
      `auth_hba_file = ${at('hba.conf')}`,
      `auth_file = ${at('users.txt')}`,
      `admin_users = ${ADMIN}`,
      'client_tls_sslmode = require',
      'client_tls_protocols = tlsv1.3',
      `client_tls_cert_file = ${at('tls.crt')}`,
      `client_tls_key_file = ${at('tls.key')}`,
      'server_tls_sslmode = verify-full',
      'server_tls_protocols = tlsv1.3',
      `server_tls_ca_file = ${at('ca.crt')}`,
      'pool_mode = session',
      '; a server connection serves one session and ends with it',
      'server_lifetime = 0',
      'max_client_conn = 400',
      'default_pool_size = 20',
      'max_db_connections = 20',
      'max_user_connections = 20',
      'query_wait_timeout = 10',
      'client_login_timeout = 10',
      'server_connect_timeout = 10',
      'tcp_keepalive = 1',
      'tcp_keepidle = 60',
      'tcp_user_timeout = 60000',
      'ignore_startup_parameters = extra_float_digits',
      'log_connections = 1',
      'log_disconnections = 1',
      'log_pooler_errors = 1',
      'log_stats = 0',
      '',
    ].join('\n'),
  };
}
