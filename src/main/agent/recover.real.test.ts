import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../adapters/docker/port.ts';
import { runner } from '../../adapters/exec/run.ts';
import { makeRestic } from '../../adapters/restic/restic.ts';
import { PLATFORM_FILE } from '../../capabilities/backups/perform/platform.ts';
import { DATABASE } from '../../capabilities/nodes/system/postgres-config.ts';
import { postgresPlaces } from '../../capabilities/nodes/system/specs.ts';
import { migrate } from '../../db/migrate.ts';
import { type RealDatabase, realDatabase } from '../../db/testing.ts';
import { newId } from '../../kernel/id.ts';
import { isRefusal, must, Refusal } from '../../kernel/refusal.ts';
import { startVault } from '../../vault/testbed.ts';
import { platformKey } from './backups.ts';
import { recoverPlatform, restoreDatabase } from './recover.ts';

let lost: RealDatabase;
let fresh: RealDatabase;
const organization = newId();

/** The programs of the container, beside the test's own servers. */
function engineOf(server: RealDatabase): Pick<Engine, 'exec' | 'execStream'> {
  const here = (argv: readonly string[]) =>
    argv.map((word) =>
      word === postgresPlaces.socket ? server.socketDir : word === DATABASE ? 'postgres' : word,
    ) as [string, ...string[]];
  const feed = (from: Readable | undefined) => async (stdin: Writable) => {
    await pipeline(from ?? new PassThrough().end(), stdin, { end: false }).catch(() => undefined);
    return undefined;
  };
  return {
    async exec(_container, argv, stdin) {
      const ran = must(await runner.run({ argv: here(argv), ...(stdin && { stdin: String(stdin) }) }));
      return { code: ran.code, stdout: ran.stdout, stderr: ran.stderr };
    },
    async execStream(_container, argv, { stdin, signal }) {
      const ran = await runner.pipe(
        { argv: here(argv) },
        { write: feed(stdin as Readable), ...(signal && { signal }) },
      );
      return isRefusal(ran) ? ran : { code: ran.code, stderr: ran.stderr };
    },
  };
}

const dump = async (out: Writable) => {
  const argv = ['/usr/lib/postgresql/15/bin/pg_dump', '--format=custom', '--compress=0'] as const;
  const place = ['-h', lost.socketDir, '-U', 'postgres', '-d', 'postgres'];
  must(await runner.pipe({ argv: [...argv, ...place] }, { stdout: out }));
  return undefined;
};
const organizations = (server: RealDatabase) =>
  server.as('bastide_agent').selectFrom('organizations').select(['id', 'name']).execute();

beforeAll(async () => {
  [lost, fresh] = [await realDatabase(), await realDatabase()];
  for (const { db } of [lost, fresh]) {
    await sql`create role bastide_owner`.execute(db);
    await sql`alter schema public owner to bastide_owner`.execute(db);
  }
  await lost.db.insertInto('organizations').values({ id: organization, name: 'acme' }).execute();
  // What a newer version would have made already.
  await sql`create table later (n int)`.execute(fresh.db);
});
afterAll(async () => {
  await lost?.close();
  await fresh?.close();
});

test('all of it: from the newest of the platform’s repositories in a real vault', async () => {
  const root = await mkdtemp(join(tmpdir(), 'bastide-recover-'));
  const vault = await startVault();
  try {
    const access = await vault.platform('platform-1');
    const [config, secrets, run, images] = ['config', 'secrets', 'run', 'images'].map((one) =>
      join(root, one),
    );
    for (const directory of [config!, secrets!, run!, images!]) await mkdir(directory);
    await writeFile(join(images!, 'layer'), 'an image');
    const key = must(await platformKey(secrets));
    const restic = makeRestic({ exec: runner, runDirectory: join(run!, 'restic') });
    const save = async (generation: number) => {
      const repository = { ...vault.repository(access, `platform-${generation}`), key };
      must(await restic.init(repository));
      const written = { name: PLATFORM_FILE, tags: ['kind:platform'], write: dump };
      must(await restic.backupStream(repository, written));
      must(
        await restic.backupPaths(repository, {
          paths: [images!],
          seeing: [images!],
          tags: ['kind:registry'],
        }),
      );
    };
    await save(1);
    await lost.db.insertInto('organizations').values({ id: newId(), name: 'later' }).execute();
    await save(2);
    await rm(images!, { recursive: true });
    const wish = { url: vault.url, username: access.user, password: access.password.reveal(), ca: vault.ca };
    await writeFile(join(config!, 'recover.json'), JSON.stringify(wish));
    const said: string[] = [];
    // The keeper of this vault has not looked at all: none of the generations is told of.
    const recover = () =>
      recoverPlatform(
        { engine: engineOf(fresh), db: fresh.db, migrate: () => migrate(fresh.db) },
        (line) => said.push(line),
        { config: config!, secrets: secrets!, run: run! },
      );
    expect(await recover()).toBeUndefined();
    expect((await organizations(fresh)).map(({ name }) => name).sort()).toEqual(['acme', 'later']);
    expect(await readFile(join(images!, 'layer'), 'utf8')).toBe('an image');
    expect(said.at(-1)).toBe('recovering 0 projects');
    // Once: the next start finds nothing to do.
    expect(await readdir(config!)).toEqual(['recovered.json']);
    said.length = 0;
    expect(await recover()).toBeUndefined();
    expect(said).toEqual([]);
  } finally {
    await vault.stop();
    await rm(root, { recursive: true, force: true });
  }
});

test('a dump that breaks off is none, and what a program says of one that it cannot read is told', async () => {
  const broken = await restoreDatabase(engineOf(fresh), async (out) => {
    const all = new PassThrough();
    const dumping = dump(all);
    for await (const part of all) {
      out.write(part);
      break;
    }
    await dumping.catch(() => undefined);
    return new Refusal('vault_gone', 'The vault went away', 'Again');
  });
  expect(broken).toMatchObject({ code: 'vault_gone' });
  const nonsense = await restoreDatabase(engineOf(fresh), async (out) => {
    out.write('no dump at all');
    return undefined;
  });
  expect(nonsense).toMatchObject({ code: 'backup_platform_restore_failed' });
});

test('the database is what it was, with the rights that each role had, and takes what this version adds', async () => {
  const restored = await restoreDatabase(engineOf(fresh), dump);
  expect(restored).toBeUndefined();
  expect(await organizations(fresh)).toContainEqual({ id: organization, name: 'acme' });
  expect(await migrate(fresh.db)).toEqual([]);
  const later = sql`select * from later`.execute(fresh.db);
  await expect(later).rejects.toThrow('does not exist');
  // The API still sees no password, and rows only in its own organization.
  const api = fresh.as('bastide_api');
  expect(await api.selectFrom('projects').selectAll().execute()).toEqual([]);
  await expect(api.selectFrom('database_credentials').select('sealed').execute()).rejects.toThrow('denied');
});
