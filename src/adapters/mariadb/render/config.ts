import type { Instance } from '../../databases/port.ts';
import { PLACES } from '../places.ts';

const MIB = 1024 * 1024;
/** Connections beyond the plan's, for the platform. */
const SPARE = 10;

const megabytes = (bytes: number): string => `${Math.max(1, Math.floor(bytes / MIB))}M`;

/**
 * The server's configuration. Nothing that a customer writes gets into the log. Statistics about statements are kept
 * without their values, in a small table; everything else of the performance schema is off.
 */
export const renderConfig = ({ limits }: Instance): string => `\
[mariadbd]
datadir = ${PLACES.data}
tmpdir = ${PLACES.scratch}
socket = ${PLACES.socket}
pid-file = ${PLACES.pid}
port = ${PLACES.port}
bind-address = 0.0.0.0
skip-name-resolve
require-secure-transport = ON
tls-version = TLSv1.2,TLSv1.3
ssl-cert = ${PLACES.config}/server.crt
ssl-key = ${PLACES.config}/server.key
local-infile = 0
secure-file-priv = ${PLACES.files}
symbolic-links = 0
event-scheduler = OFF
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_ci
default-time-zone = '+00:00'
max-connections = ${limits.connections + SPARE}
max-allowed-packet = 64M
innodb-buffer-pool-size = ${megabytes(limits.memoryBytes * 0.4)}
innodb-log-file-size = ${megabytes(Math.min(limits.diskBytes / 16, 512 * MIB))}
innodb-flush-log-at-trx-commit = 1
innodb-file-per-table = 1
innodb-use-native-aio = 0
table-open-cache = 400
tmp-table-size = ${megabytes(Math.max(4 * MIB, limits.memoryBytes / 64))}
max-heap-table-size = ${megabytes(Math.max(4 * MIB, limits.memoryBytes / 64))}
key-buffer-size = 8M
aria-pagecache-buffer-size = 8M
performance-schema = ON
performance-schema-digests-size = 200
performance-schema-max-digest-length = 1024
performance-schema-instrument = '%=OFF'
performance-schema-instrument = 'statement/%=ON'
performance-schema-consumer-events-statements-current = ON
performance-schema-consumer-statements-digest = ON
performance-schema-accounts-size = 0
performance-schema-hosts-size = 0
performance-schema-users-size = 0
performance-schema-events-statements-history-size = 0
performance-schema-events-statements-history-long-size = 0
performance-schema-events-stages-history-size = 0
performance-schema-events-stages-history-long-size = 0
performance-schema-events-waits-history-size = 0
performance-schema-events-waits-history-long-size = 0
performance-schema-max-table-instances = 0
performance-schema-max-table-handles = 0
performance-schema-max-index-stat = 0
performance-schema-max-file-instances = 0
performance-schema-max-mutex-instances = 0
performance-schema-max-rwlock-instances = 0
performance-schema-max-cond-instances = 0
performance-schema-max-metadata-locks = 0
performance-schema-max-program-instances = 0
performance-schema-max-prepared-statements-instances = 0
performance-schema-session-connect-attrs-size = 0
slow-query-log = OFF
general-log = OFF
`;
