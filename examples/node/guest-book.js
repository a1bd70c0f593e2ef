import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const TABLE = `create table if not exists guests (
  id bigint generated always as identity primary key,
  name text not null,
  at timestamptz not null default now()
)`;

/** The guest book, in the app's PostgreSQL database; undefined while it has none. */
export async function openGuestBook(url) {
  if (!url?.startsWith('postgres')) return undefined;
  // The URL says how to verify the server: sslmode=verify-full and the authority's certificate.
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  // A connection that broke while nobody used it is made again when somebody does.
  pool.on('error', (error) => console.error(JSON.stringify({ database: error.message })));
  for (let tries = 1; ; tries += 1) {
    try {
      await pool.query(TABLE);
      break;
    } catch (error) {
      // Another replica makes it at the same moment, or the database is just starting.
      if (tries === 10) throw error;
      await sleep(500);
    }
  }
  return {
    sign: (name) => pool.query('insert into guests (name) values ($1)', [name]),
    async latest() {
      const { rows } = await pool.query('select name, at from guests order by id desc limit 10');
      return rows;
    },
    async count() {
      const { rows } = await pool.query('select count(*)::int as count from guests');
      return rows[0].count;
    },
    close: () => pool.end(),
  };
}
