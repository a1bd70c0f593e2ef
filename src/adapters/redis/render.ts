import { createHash } from 'node:crypto';
import type { Secret } from '../../kernel/secret.ts';
import type { Instance } from '../databases/port.ts';
import { PLACES } from './places.ts';

/** Connections beyond the plan's, for the platform. */
const SPARE = 10;

/**
 * redis.conf: TLS only, the platform by a local socket, everything on disk within a second. Half of the memory is for
 * data: the other half is for what is written to while a snapshot is taken.
 */
export const renderConfig = ({ limits }: Instance): string => `\
port 0
tls-port ${PLACES.port}
bind * -::*
protected-mode no
tls-cert-file ${PLACES.config}/server.crt
tls-key-file ${PLACES.config}/server.key
tls-ca-cert-file ${PLACES.config}/ca.crt
tls-auth-clients no
tls-protocols "TLSv1.2 TLSv1.3"
unixsocket /run/redis/redis.sock
unixsocketperm 700
pidfile ""
daemonize no
logfile ""
loglevel notice
dir ${PLACES.data}
dbfilename dump.rdb
save ""
appendonly yes
appendfsync everysec
aof-use-rdb-preamble yes
aclfile ${PLACES.data}/users.acl
acllog-max-len 32
databases 16
maxclients ${limits.connections + SPARE}
maxmemory ${Math.floor(limits.memoryBytes / 2)}
maxmemory-policy noeviction
timeout 0
tcp-keepalive 60
enable-debug-command local
enable-module-command no
enable-protected-configs no
`;

/** Words that make it read its certificate again, though their values are the same. */
export const renderCertificate = (): string[] => [
  ...['tls-cert-file', `${PLACES.config}/server.crt`],
  ...['tls-key-file', `${PLACES.config}/server.key`],
];

/** Everything with keys; nothing with the server. FLUSHALL stays shut: one slip would take every database of an app. */
const RIGHTS = [
  ...['~*', '&*', '+@all', '-@admin', '-@dangerous'],
  ...['+info', '+keys', '+sort', '+sort_ro', '+flushdb'],
];

const REMOVES = [
  ...['+del', '+unlink', '+getdel', '+flushdb', '+expire', '+pexpire', '+expireat', '+pexpireat', '+hdel'],
  ...['+lpop', '+rpop', '+lrem', '+ltrim', '+spop', '+srem', '+zrem', '+xdel', '+xtrim'],
];

/** Words of ACL SETUSER: it adds nothing and may remove; or has its rights again. */
export const renderHeld = (held: boolean): string[] => (held ? ['-@write', ...REMOVES] : RIGHTS);

/**
 * Nobody can sign in as the user without a name. It has every right all the same: the server reads transactions back
 * from its log as this user, and where it lacks a right it leaves them out and goes on (Redis 7.0).
 */
export const renderNobody = (): string[] => ['default', 'reset', 'off', '~*', '&*', '+@all'];

/** What the server keeps of a password. */
export const verifierOf = (password: Secret): string =>
  `#${createHash('sha256').update(password.reveal()).digest('hex')}`;

/** Words of ACL SETUSER: only this password, only these rights. */
export const renderUser = (verifier: string): string[] => [
  ...['reset', 'on', 'resetpass', verifier, ...RIGHTS],
];

/** Words of CLIENT KILL for all connections of a user. */
export const renderEnd = (user: string): string[] => ['CLIENT', 'KILL', 'USER', user];
