/** What people may ask for and what an engine must be able to run: one list, read on both sides of the API. */
export const ENGINES = ['postgres', 'mariadb', 'redis'] as const;
export type EngineName = (typeof ENGINES)[number];

/** The engines and the versions that Debian has of them, newest last. */
export const VERSIONS = {
  postgres: ['15', '17'],
  mariadb: ['10.11'],
  redis: ['7.0'],
} as const satisfies Record<EngineName, readonly string[]>;

/**
 * Extensions of PostgreSQL that a project may use: those that PostgreSQL itself marks as trusted, so that the
 * database's owner makes them and no superuser runs anything in a customer's database.
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
