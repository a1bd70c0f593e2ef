import { createHash } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import manifest from '../../package.json' with { type: 'json' };
import { runner } from '../adapters/exec/run.ts';
import { newId } from '../kernel/id.ts';
import { must } from '../kernel/refusal.ts';
import { migrate, readMigrations } from './migrate.ts';
import { openDatabase } from './pool.ts';
import type { Database } from './schema.ts';

const ROLES = `create role bastide_api nologin; create role bastide_agent nologin;`;

export interface TestDatabase {
  /** Connected as a superuser: arrange and look with it; `withTenant` drops to bastide_api by itself. */
  readonly db: Kysely<Database>;
  /** Calls `heard` for each notification; gives the function that stops it. */
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Made databases by what they were made of: making one takes seconds, loading one does not. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/bastide');
const pgliteVersion = manifest.devDependencies['@electric-sql/pglite'];

async function makeImage(file: string, migrations: readonly { text: string }[]): Promise<Blob> {
  const pglite = await PGlite.create();
  await pglite.exec(ROLES);
  for (const { text } of migrations) await pglite.exec(text);
  const image = await pglite.dumpDataDir('none');
  await pglite.close();
  await mkdir(CACHE, { recursive: true });
  // Beside and renamed: other test workers do the same at the same time.
  const beside = `${file}.${process.pid}.${newId()}`;
  await writeFile(beside, Buffer.from(await image.arrayBuffer()));
  await rename(beside, file);
  return image;
}

async function image(): Promise<Blob> {
  const migrations = await readMigrations();
  const hash = createHash('sha256').update(pgliteVersion).update(ROLES);
  for (const { name, text } of migrations) hash.update(`${name}\0${text}\0`);
  const file = join(CACHE, `pglite-${hash.digest('hex').slice(0, 32)}.tar`);
  const kept = await readFile(file).catch(() => undefined);
  return kept ? new Blob([new Uint8Array(kept)]) : makeImage(file, migrations);
}

/** A migrated database of its own, in this process (PostgreSQL 18 in WASM). `onQuery` hears of each statement. */
export async function testDatabase(onQuery: (statement: string) => void = () => {}): Promise<TestDatabase> {
  const pglite = await PGlite.create({ loadDataDir: await image() });
  return {
    db: new Kysely<Database>({
      dialect: new PGliteDialect({ pglite }),
      log: ({ query }) => onQuery(query.sql),
    }),
    listen: (channel, heard) => pglite.listen(channel, heard),
    close: () => pglite.close(),
  };
}

const BIN = '/usr/lib/postgresql/15/bin';

export interface RealDatabase {
  /** As bastide_owner's stand-in, the superuser. */
  readonly db: Kysely<Database>;
  readonly socketDir: string;
  /** A pool as one of the two roles. */
  as(role: 'bastide_api' | 'bastide_agent'): Kysely<Database>;
  close(): Promise<void>;
}

/** PostgreSQL 15 itself, on a unix socket in a temporary directory; needs root (it runs as the user `postgres`). */
export async function realDatabase(): Promise<RealDatabase> {
  const dir = await mkdtemp(join(tmpdir(), 'bastide-pg-'));
  const id = async (flag: string) =>
    Number(must(await runner.run({ argv: ['id', flag, 'postgres'] })).stdout.trim());
  const [uid, gid] = [await id('-u'), await id('-g')];
  await chown(dir, uid, gid);
  const as = async (argv: [string, ...string[]]) => {
    const ran = must(await runner.run({ argv, uid, gid, cwd: dir, env: { LC_ALL: 'C.UTF-8' } }));
    if (ran.code !== 0) throw new Error(`${argv[0]}: ${ran.stderr}${ran.stdout}`);
  };
  const data = join(dir, 'data');
  await as([`${BIN}/initdb`, '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8']);
  const options = `-c listen_addresses='' -c unix_socket_directories='${dir}' -c fsync=off`;
  await as([`${BIN}/pg_ctl`, '-D', data, '-w', '-l', join(dir, 'log'), '-o', options, 'start']);

  const open = (user: string) => openDatabase({ socketDir: dir, user, database: 'postgres' });
  const opened = [open('postgres')];
  const db = opened[0]!;
  for (const role of ['bastide_api', 'bastide_agent']) {
    await as([`${BIN}/psql`, '-h', dir, '-d', 'postgres', '-qc', `create role ${role} login`]);
  }
  await migrate(db);
  return {
    db,
    socketDir: dir,
    as: (role) => {
      const pool = open(role);
      opened.push(pool);
      return pool;
    },
    close: async () => {
      await Promise.all(opened.map((pool) => pool.destroy()));
      await as([`${BIN}/pg_ctl`, '-D', data, '-m', 'immediate', '-w', 'stop']);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
