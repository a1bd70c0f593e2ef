import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Secret } from '../kernel/secret.ts';
import type { Database } from './schema.ts';

/** Where the database is: the directory of its unix socket (production) or a URL (development). */
export type DatabaseAddress =
  | {
      readonly socketDir: string;
      readonly user: string;
      readonly password?: Secret;
      readonly database: string;
    }
  | { readonly url: Secret };

const INT8 = 20;
const NUMERIC = 1700;

/** Sequences and sizes stay far below 2^53, so a bigint is a number here, as it is in PGlite. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/** The settings node-postgres wants for an address; also for a connection of its own that listens. */
export function connection(address: DatabaseAddress): pg.ClientConfig {
  if ('url' in address) return { connectionString: address.url.reveal(), types };
  return {
    host: address.socketDir,
    user: address.user,
    database: address.database,
    types,
    ...(address.password ? { password: address.password.reveal() } : {}),
  };
}

/** A pool and its query builder. End it with `destroy()`. */
export function openDatabase(address: DatabaseAddress, connections = 10): Kysely<Database> {
  const pool = new pg.Pool({ ...connection(address), max: connections, connectionTimeoutMillis: 10_000 });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the program.
  pool.on('error', () => {});
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}

/** Whether the database lets this role in and answers it. */
export async function getsIn(address: DatabaseAddress): Promise<boolean> {
  const db = openDatabase(address, 1);
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch {
    return false;
  } finally {
    await db.destroy();
  }
}
