import type { Instance } from '../../databases/port.ts';
import { databaseOf } from '../names.ts';
import { identifier, text } from './quote.ts';

/** One JSON object about the server's side of the database. */
export const renderInfo = (instance: Instance): string => {
  const database = text(databaseOf(instance));
  const status = (name: string) =>
    `(SELECT CAST(VARIABLE_VALUE AS UNSIGNED) FROM information_schema.global_status WHERE VARIABLE_NAME = ${text(name)})`;
  return `SELECT JSON_OBJECT(
  'version', VERSION(),
  'sizeBytes', (SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = ${database}),
  'connections', (SELECT COUNT(*) FROM information_schema.processlist WHERE db = ${database} AND user LIKE 'u\\_%'),
  'reads', ${status('INNODB_BUFFER_POOL_READ_REQUESTS')},
  'misses', ${status('INNODB_BUFFER_POOL_READS')},
  'slow', COALESCE((SELECT JSON_ARRAYAGG(JSON_OBJECT('query', LEFT(q.digest_text, 300), 'calls', q.count_star, 'meanMs', q.avg_timer_wait / 1000000000))
    FROM (SELECT digest_text, count_star, avg_timer_wait FROM performance_schema.events_statements_summary_by_digest
      WHERE schema_name = ${database} AND digest_text IS NOT NULL ORDER BY avg_timer_wait DESC LIMIT 5) q), JSON_ARRAY()));
`;
};

/** Commits wait from here on; those who began before go on reading. Nobody waits longer than this for a migration. */
export const renderHold = (): string => `\
SET lock_wait_timeout = 20;
BACKUP STAGE START;
BACKUP STAGE FLUSH;
BACKUP STAGE BLOCK_DDL;
BACKUP STAGE BLOCK_COMMIT;
SELECT 'held';
`;
export const renderLetGo = (): string => "BACKUP STAGE END;\nSELECT 'free';\n";

/** How many sessions of the platform see a snapshot now: a dump that has begun is one of them. */
export const renderSnapshots = (): string =>
  "SELECT CONCAT('snapshots ', COUNT(*)) FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.user = 'mysql';\n";

/** A session that sees one moment. What the values of a row look like must not depend on anybody's settings. */
export const renderSnapshot = (): string => `\
SET NAMES utf8mb4;
SET time_zone = '+00:00';
SET sql_mode = '';
SET max_statement_time = 0;
SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
START TRANSACTION WITH CONSISTENT SNAPSHOT;
SELECT 'snapshot';
`;

/** Rows \`column\`, table and column in hex, sorted. Sequences are definitions: what they stand at is no row. */
export const renderColumns = (instance: Instance): string => `\
SELECT 'column', HEX(CONVERT(c.table_name USING utf8mb4)), HEX(CONVERT(c.column_name USING utf8mb4))
  FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
  WHERE table_schema = ${text(databaseOf(instance))} AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
  ORDER BY BINARY c.table_name, c.ordinal_position;
SELECT 'columns end';
`;

export interface TableColumns {
  readonly name: string;
  readonly columns: readonly string[];
}

const half = (hash: string, side: 'LEFT' | 'RIGHT'): string =>
  `COALESCE(SUM(CAST(CONV(${side}(${hash}, 16), 16, 10) AS UNSIGNED)), 0)`;

/**
 * Rows \`table\`, name in hex, count and checksum: the sum over the rows of a hash of the hashes of their values, so that
 * neither order nor the length of a value matters, and two equal rows are not none.
 */
export const renderRows = (instance: Instance, tables: readonly TableColumns[]): string =>
  `${tables
    .map(({ name, columns }) => {
      const values = columns.map((column) => `COALESCE(MD5(CAST(${identifier(column)} AS BINARY)), '-')`);
      const row = `(SELECT MD5(CONCAT(${values.join(', ')})) AS bastide_hash FROM ${identifier(databaseOf(instance))}.${identifier(name)}) AS bastide_rows`;
      const hex = Buffer.from(name).toString('hex').toUpperCase();
      return `SELECT 'table', ${text(hex)}, COUNT(*), CONCAT(${half('bastide_hash', 'LEFT')}, '-', ${half('bastide_hash', 'RIGHT')}) FROM ${row};\n`;
    })
    .join('')}SELECT 'tables end';\n`;

/** Somebody's query, which may end as it likes, between two statements of ours. */
export const renderAsk = (query: string, seconds: number): string =>
  [
    `SET SESSION max_statement_time = ${seconds};`,
    // A statement that defines something ends the transaction first: the next one only reads too.
    'SET SESSION TRANSACTION READ ONLY;',
    'START TRANSACTION READ ONLY;',
    query,
    ';',
    'ROLLBACK;',
    '',
  ].join('\n');
