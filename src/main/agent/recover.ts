import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Engine } from '../../adapters/docker/port.ts';
import { runner } from '../../adapters/exec/run.ts';
import type { Repository, Restic, Snapshot } from '../../adapters/restic/port.ts';
import { makeRestic } from '../../adapters/restic/restic.ts';
import { vaultClient } from '../../adapters/vault/client.ts';
import { platformNotInVault, platformRestoreFailed } from '../../capabilities/backups/errors.ts';
import { PLATFORM_FILE } from '../../capabilities/backups/perform/platform.ts';
import { beginRecovery, repositoryName } from '../../capabilities/backups/store.ts';
import { DATABASE } from '../../capabilities/nodes/system/postgres-config.ts';
import { containers, postgresBin, postgresPlaces } from '../../capabilities/nodes/system/specs.ts';
import { repositoryUrl } from '../../capabilities/vaults/model.ts';
import type { Database } from '../../db/schema.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { paths } from '../paths.ts';
import { platformKey } from './backups.ts';

/** Written by `npm run recover` from a recovery kit; its vault has what this platform was. */
export const RecoverFile = z.strictObject({
  url: z.string(),
  username: z.string(),
  password: z.string(),
  ca: z.string(),
});

/** Where what was asked for is, and what is done stays. */
interface Places {
  readonly config: string;
  readonly secrets: string;
  readonly run: string;
}

const generationOf = (name: string): number => Number(/^platform-(\d+)$/.exec(name)?.[1] ?? 0);

interface Found {
  readonly repository: Repository;
  readonly snapshots: readonly Snapshot[];
}

/**
 * The newest generation of the platform's own repository that has a copy of its database. The vault's keeper looks
 * every few minutes: what came after those that it has seen is asked for.
 */
async function newestIn(
  restic: Restic,
  wish: z.infer<typeof RecoverFile>,
  key: Outcome<Secret>,
): Promise<Outcome<Found>> {
  if (isRefusal(key)) return key;
  const access = { url: wish.url, user: wish.username, password: new Secret(wish.password), ca: wish.ca };
  const status = await vaultClient.status(access);
  if (isRefusal(status)) return status;
  const look = async (generation: number): Promise<Outcome<Found | undefined>> => {
    const { user, password, ca } = access;
    const url = repositoryUrl(wish.url, repositoryName(null, generation));
    const repository = { url, user, password, ca, key };
    const snapshots = await restic.snapshots(repository);
    if (!isRefusal(snapshots)) return { repository, snapshots };
    return snapshots.code === 'restic_repository_missing' ? undefined : snapshots;
  };
  const seen = Math.max(0, ...status.repositories.map(({ name }) => generationOf(name)));
  let newest: Found | undefined;
  for (let generation = seen + 1; ; generation += 1) {
    const found = await look(generation);
    if (isRefusal(found)) return found;
    if (!found) break;
    if (found.snapshots.some(isOf('platform'))) newest = found;
  }
  for (let generation = seen; !newest && generation > 0; generation -= 1) {
    const found = await look(generation);
    if (isRefusal(found)) return found;
    if (found?.snapshots.some(isOf('platform'))) newest = found;
  }
  return newest ?? platformNotInVault(wish.url);
}

const isOf = (kind: string) => (snapshot: Snapshot) => snapshot.tags.includes(`kind:${kind}`);

/** What a fresh platform made is emptied first: its schema may be newer than the one that comes back. */
const EMPTY = `drop schema public cascade;
create schema public authorization bastide_owner;
revoke all on schema public from public;
`;
const AS_SERVER = ['-h', postgresPlaces.socket, '-U', 'postgres', '-d', DATABASE] as const;

/** The control plane's database takes the place of the empty one. */
export async function restoreDatabase(
  engine: Pick<Engine, 'exec' | 'execStream'>,
  read: (out: PassThrough, signal: AbortSignal) => Promise<Outcome<void>>,
): Promise<Outcome<void>> {
  const psql = [`${postgresBin}/psql`, '-X', '-q', '-v', 'ON_ERROR_STOP=1', '--single-transaction'];
  const emptied = await engine.exec(containers.postgres, [...psql, ...AS_SERVER, '-f', '-'], EMPTY);
  if (isRefusal(emptied)) return emptied;
  if (emptied.code !== 0) return platformRestoreFailed(emptied.stderr.trim().slice(-500));
  const argv = [`${postgresBin}/pg_restore`, '--single-transaction', '--exit-on-error', ...AS_SERVER];
  const stdin = new PassThrough();
  stdin.on('error', () => undefined);
  const stop = new AbortController();
  const reading = read(stdin, stop.signal).then((outcome) => {
    // A dump that ended early must not look like a short one.
    if (isRefusal(outcome)) {
      stop.abort();
      stdin.destroy();
    } else stdin.end();
    return outcome;
  });
  const stdout = new PassThrough().resume();
  const ran = await engine.execStream(containers.postgres, argv, { stdin, stdout, signal: stop.signal });
  // Nobody takes the rest any more.
  if (!isRefusal(ran) && ran.code !== 0) {
    stop.abort();
    await reading;
    return platformRestoreFailed(ran.stderr.trim().slice(-500));
  }
  if (isRefusal(ran)) stop.abort();
  const outcome = await reading;
  return isRefusal(outcome) ? outcome : isRefusal(ran) ? ran : undefined;
}

/**
 * On a fresh platform with a recovery kit's secrets: what the platform knew and the images come back from the vault,
 * and one operation a project brings back its data. Nothing where nobody asked. Again after a crash is fine: the file
 * that asks for it goes last.
 */
export async function recoverPlatform(
  deps: {
    readonly engine: Pick<Engine, 'exec' | 'execStream'>;
    readonly db: Kysely<Database>;
    /** What this version's tables have more than those that came back. */
    readonly migrate: () => Promise<readonly string[]>;
  },
  log: (line: string) => void,
  places: Places = paths,
): Promise<Outcome<void>> {
  const recoverFile = join(places.config, 'recover.json');
  const text = await readFile(recoverFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const wish = RecoverFile.parse(JSON.parse(text));
  const restic = makeRestic({ exec: runner, runDirectory: join(places.run, 'restic') });
  const found = await newestIn(restic, wish, await platformKey(places.secrets));
  if (isRefusal(found)) return found;
  const { repository, snapshots } = found;
  const platform = snapshots.findLast(isOf('platform'))!;
  const registry = snapshots.findLast(isOf('registry'));
  log(`recovering the platform as of ${platform.takenAt.toISOString()}`);
  const restored = await restoreDatabase(deps.engine, (out, signal) =>
    restic.dump(repository, platform.id, `/${PLATFORM_FILE}`, out, { signal }),
  );
  if (isRefusal(restored)) return restored;
  for (const name of await deps.migrate()) log(`migration ${name}`);
  if (registry) {
    // Named, so that nothing above is given the rights that it had on the lost machine.
    const images = await restic.restore(repository, registry.id, { target: '/', include: registry.paths });
    if (isRefusal(images)) return images;
    log(`the images as of ${registry.takenAt.toISOString()} are back`);
  }
  const projects = await beginRecovery(deps.db);
  log(`recovering ${projects} projects`);
  await rename(recoverFile, join(places.config, 'recovered.json'));
  return undefined;
}
