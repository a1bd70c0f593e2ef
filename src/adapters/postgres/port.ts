/** PostgreSQL as databases of projects: what it promises is the port of all database engines. */
export type { DatabaseEngine, Instance, Manifest, Session } from '../databases/port.ts';

/**
 * Extensions that a project may use: those that PostgreSQL itself marks as trusted, so that the database's owner
 * makes them and no superuser runs anything in a customer's database.
 */
export const EXTENSIONS = [
  'btree_gin',
  'btree_gist',
  'citext',
  'cube',
  'dict_int',
  'fuzzystrmatch',
  'hstore',
  'intarray',
  'isn',
  'lo',
  'ltree',
  'pg_trgm',
  'pgcrypto',
  'seg',
  'tablefunc',
  'tcn',
  'tsm_system_rows',
  'tsm_system_time',
  'unaccent',
  'uuid-ossp',
] as const;

export const VERSIONS = ['15', '17'] as const;
