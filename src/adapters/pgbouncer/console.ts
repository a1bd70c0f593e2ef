import { Client } from 'pg';
import type { Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { notFollowing } from './errors.ts';
import { databasesOf } from './parse.ts';
import { ADMIN, type PgbouncerSettings } from './render.ts';

const SHOW_DATABASES = 'show databases';
const TRIES = 100;
const PAUSE = 100;

/** Asks PgBouncer through its socket, as root, which databases it knows. */
async function ask({ socketDir, port }: PgbouncerSettings): Promise<readonly string[]> {
  const client = new Client({
    host: socketDir,
    port,
    user: ADMIN,
    database: 'pgbouncer',
    connectionTimeoutMillis: 5000,
    query_timeout: 5000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query(SHOW_DATABASES);
    return databasesOf(rows);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Waits until PgBouncer knows these databases and no others. Refusal: `gateway_not_following`. */
export async function awaitDatabases(
  settings: PgbouncerSettings,
  wanted: readonly string[],
): Promise<Outcome<void>> {
  const names = [...wanted].sort().join();
  let said = '';
  for (let left = TRIES; left > 0; left -= 1) {
    const known = await ask(settings).catch((error: Error) => error);
    if (!(known instanceof Error) && known.join() === names) return;
    said = known instanceof Error ? known.message : `it knows ${known.length} routes`;
    await sleep(PAUSE);
  }
  return notFollowing('PostgreSQL', said);
}
