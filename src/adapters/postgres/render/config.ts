import type { Instance } from '../../databases/port.ts';
import { databaseOf, keeperOf } from '../names.ts';
import { PLACES } from '../places.ts';

const MIB = 1024 * 1024;
/** Connections beyond the plan's: for the platform, and those that a superuser may always have. */
const SPARE = 13;

const megabytes = (bytes: number): string => `${Math.max(1, Math.floor(bytes / MIB))}MB`;

/**
 * postgresql.conf. Nothing that a customer writes gets into the log: no statements, no values of errors. WAL goes to
 * the spool, at the latest every minute.
 */
export const renderConf = ({ limits }: Instance): string => `\
data_directory = '${PLACES.data}'
hba_file = '${PLACES.config}/pg_hba.conf'
ident_file = '${PLACES.config}/pg_ident.conf'
listen_addresses = '*'
port = ${PLACES.port}
unix_socket_directories = '${PLACES.socket}'
unix_socket_permissions = 0700
password_encryption = scram-sha-256
ssl = on
ssl_min_protocol_version = 'TLSv1.2'
ssl_cert_file = '${PLACES.config}/server.crt'
ssl_key_file = '${PLACES.config}/server.key'
max_connections = ${limits.connections + SPARE}
superuser_reserved_connections = 5
shared_buffers = ${megabytes(limits.memoryBytes / 4)}
effective_cache_size = ${megabytes((limits.memoryBytes * 3) / 4)}
work_mem = ${megabytes(Math.max(2 * MIB, limits.memoryBytes / limits.connections / 8))}
maintenance_work_mem = ${megabytes(limits.memoryBytes / 16)}
temp_file_limit = ${megabytes(limits.diskBytes / 4)}
dynamic_shared_memory_type = mmap
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track_utility = off
pg_stat_statements.save = off
wal_level = replica
wal_compression = on
max_wal_size = ${megabytes(limits.diskBytes / 8)}
archive_mode = on
archive_timeout = 60
archive_command = '/usr/lib/bastide/archive %p %f ${spooledSegments(limits.diskBytes)}'
log_destination = stderr
logging_collector = off
log_connections = off
log_statement = none
log_min_error_statement = panic
log_min_duration_statement = -1
log_error_verbosity = terse
log_timezone = UTC
timezone = UTC
jit = off
`;

/** How many 16 MiB segments may wait for a backup before the oldest give way to the database. */
const spooledSegments = (diskBytes: number): number =>
  Math.min(512, Math.max(16, Math.floor(diskBytes / (64 * MIB))));

/** pg_hba.conf: the platform by the local socket; everybody else by TLS and scram, to this one database. */
export const renderHba = (instance: Instance): string => {
  const keeper = keeperOf(instance);
  const database = `"${databaseOf(instance)}"`;
  return [
    'local all postgres peer',
    'local replication postgres peer',
    `local ${database} ${keeper} peer map=bastide`,
    'local all all reject',
    'host all postgres all reject',
    `host all ${keeper} all reject`,
    `hostssl ${database} all all scram-sha-256`,
    'host all all all reject',
    '',
  ].join('\n');
};

export const renderIdent = (instance: Instance): string => `bastide postgres ${keeperOf(instance)}\n`;
