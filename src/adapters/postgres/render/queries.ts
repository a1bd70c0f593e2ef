import type { Instance } from '../../databases/port.ts';
import { databaseOf } from '../names.ts';

const database = (instance: Instance): string => `'${databaseOf(instance)}'`;

/** One JSON object about the server's side of the database; for the superuser, outside of the customer's database. */
export const renderInfo = (instance: Instance): string => `\
\\set ON_ERROR_STOP on
SET search_path = pg_catalog;
SELECT json_build_object(
  'version', current_setting('server_version'),
  'sizeBytes', pg_database_size(d.oid),
  'connections', (SELECT count(*) FROM pg_stat_activity a WHERE a.datname = d.datname AND a.backend_type = 'client backend'),
  'cacheHit', (SELECT CASE WHEN blks_hit + blks_read > 0 THEN blks_hit::float8 / (blks_hit + blks_read) END
    FROM pg_stat_database s WHERE s.datid = d.oid),
  'slow', coalesce((SELECT json_agg(json_build_object('query', left(q.query, 300), 'calls', q.calls, 'meanMs', q.mean_exec_time))
    FROM (SELECT * FROM public.pg_stat_statements p WHERE p.dbid = d.oid ORDER BY mean_exec_time DESC LIMIT 5) q), '[]'))
FROM pg_database d WHERE d.datname = ${database(instance)};
`;

export const renderExtensions = (): string =>
  "SET search_path = pg_catalog;\nSELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname;\n";

/** What the values of a row look like must not depend on anybody's settings. */
export const renderSnapshot = (): string => `\
\\set ON_ERROR_STOP on
SET search_path = pg_catalog;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'iso_8601';
SET extra_float_digits = 1;
SET bytea_output = 'hex';
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT 'snapshot', pg_export_snapshot();
`;

/** Namespaces and objects that are the customer's: not the system's, not an extension's. */
const own = (catalog: string, oid: string, namespace: string): string =>
  `${namespace} NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/**
 * Rows \`schema\`, kind and definition; then rows \`table\`, name, count and checksum. Nothing of the customer's runs: rows
 * become text by the server's own output function, not by a cast, which a customer could have defined.
 */
export const renderManifest = (): string => `\
SELECT 'schema', 'column', format('%I.%I.%I %s%s%s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND ${own('pg_class', 'c.oid', 'c.relnamespace')};
SELECT 'schema', 'relation', format('%I.%I %s %s', n.nspname, c.relname, c.relkind, CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid)
    WHEN c.relkind = 'i' THEN pg_get_indexdef(c.oid) ELSE '' END)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'i', 'S') AND ${own('pg_class', 'c.oid', 'c.relnamespace')};
SELECT 'schema', 'constraint', format('%s %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
  FROM pg_constraint k WHERE k.conrelid <> 0 AND k.contype <> 'n' AND ${own('pg_constraint', 'k.oid', 'k.connamespace')};
SELECT 'schema', 'function', pg_get_functiondef(p.oid)
  FROM pg_proc p WHERE p.prokind IN ('f', 'p', 'w') AND ${own('pg_proc', 'p.oid', 'p.pronamespace')};
SELECT 'schema', 'trigger', pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE NOT t.tgisinternal;
SELECT 'schema', 'policy', format('%s %I %s %s', p.polrelid::regclass, p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy p;
SELECT 'schema', 'enum', format('%s %s %s', e.enumtypid::regtype, e.enumlabel, row_number() OVER (PARTITION BY e.enumtypid ORDER BY e.enumsortorder))
  FROM pg_enum e;
SELECT 'schema', 'extension', extname FROM pg_extension;
SELECT format('SELECT ''table'', %L, count(*), coalesce(sum((''x'' || substr(md5(textin(record_out(bastide_row_))), 1, 16))::bit(64)::bigint::numeric), 0) FROM ONLY %I.%I AS bastide_row_',
    format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND ${own('pg_class', 'c.oid', 'c.relnamespace')} ORDER BY n.nspname, c.relname \\gexec
SELECT 'table', '(large objects)', count(*), coalesce(sum(('x' || substr(md5(lo_get(oid)), 1, 16))::bit(64)::bigint::numeric), 0)
  FROM pg_largeobject_metadata HAVING count(*) > 0;
SELECT 'end';
COMMIT;
`;

/** The query of BASTIDE_QUERY (see commands.ts). Once something was asked, the transaction cannot be made to write. */
export const renderAsk = (): string =>
  [
    'BEGIN TRANSACTION READ ONLY;',
    '\\getenv query BASTIDE_QUERY',
    "SELECT :'query' \\gexec",
    'ROLLBACK;',
    '',
  ].join('\n');

/** Certificate, key, pg_hba.conf, and every setting that needs no start. */
export const renderReload = (): string => 'SELECT pg_catalog.pg_reload_conf();\n';
