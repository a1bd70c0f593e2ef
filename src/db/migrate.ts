import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './schema.ts';

/** Beside this file in the source tree; the bundle is given its own copy's place. */
export const migrationsDir = join(import.meta.dirname, 'migrations');

/** The migrations as text, in order. */
export async function readMigrations(
  dir = migrationsDir,
): Promise<readonly { name: string; text: string }[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => ({ name: name.slice(0, -4), text: await readFile(join(dir, name), 'utf8') })),
  );
}

/**
 * Brings the database up to date, as bastide_owner. All in one transaction under an advisory lock (Kysely's), so
 * that two starts at once do it once and a failing migration leaves nothing. Gives the names of those it ran.
 */
export async function migrate(db: Kysely<Database>, dir = migrationsDir): Promise<readonly string[]> {
  const files = await readMigrations(dir);
  const migrations = Object.fromEntries(
    files.map(({ name, text }): [string, Migration] => [
      name,
      { up: async (tx: Kysely<unknown>) => void (await sql.raw(text).execute(tx)) },
    ]),
  );
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).filter((r) => r.status === 'Success').map((r) => r.migrationName);
}
