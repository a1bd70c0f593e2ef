import { postgresPlaces } from './specs.ts';

/** The roles of the platform's database: who migrates, who serves people, who does the work. */
export const roles = ['bastide_owner', 'bastide_api', 'bastide_agent'] as const;
export type Role = (typeof roles)[number];
export const DATABASE = 'bastide';

/** postgresql.conf: no TCP at all, scram only, sized for its container's 512 MiB. */
export const renderPostgresConf = (): string => `\
data_directory = '${postgresPlaces.data}'
hba_file = '${postgresPlaces.config}/pg_hba.conf'
listen_addresses = ''
unix_socket_directories = '${postgresPlaces.socket}'
unix_socket_permissions = 0777
password_encryption = scram-sha-256
max_connections = 80
shared_buffers = 128MB
work_mem = 4MB
maintenance_work_mem = 32MB
dynamic_shared_memory_type = mmap
wal_compression = on
log_destination = stderr
logging_collector = off
log_connections = off
log_statement = none
log_min_duration_statement = 2000
log_timezone = UTC
timezone = UTC
idle_in_transaction_session_timeout = 10min
jit = off
`;

/** pg_hba.conf: the container's own superuser by its user id, the three roles by password, nobody else. */
export const renderHba = (): string =>
  [
    'local all postgres peer',
    ...roles.map((role) => `local ${DATABASE} ${role} scram-sha-256`),
    'local all all reject',
    'host all all all reject',
    '',
  ].join('\n');
