import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Engine } from '../../adapters/docker/port.ts';
import { runner } from '../../adapters/exec/run.ts';
import type { Repository } from '../../adapters/restic/port.ts';
import { makeRestic } from '../../adapters/restic/restic.ts';
import { vaultClient } from '../../adapters/vault/client.ts';
import { platformDumpFailed, platformNotInVault } from '../../capabilities/backups/errors.ts';
import { PLATFORM_FILE } from '../../capabilities/backups/perform/platform.ts';
import { beginRecovery } from '../../capabilities/backups/store.ts';
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
export const recoverFile = join(paths.config, 'recover.json');

const generationOf = (name: string): number => Number(/^platform-(\d+)$/.exec(name)?.[1] ?? 0);

/** The newest generation of the platform's own repository that has snapshots. */
async function repositoryOf(wish: z.infer<typeof RecoverFile>): Promise<Outcome<Repository>> {
  const key = await platformKey();
  if (isRefusal(key)) return key;
  const access = { url: wish.url, user: wish.username, password: new Secret(wish.password), ca: wish.ca };
  const status = await vaultClient.status(access);
  if (isRefusal(status)) return status;
  const [newest] = status.repositories
    .filter(({ name, snapshots }) => generationOf(name) > 0 && snapshots > 0)
    .sort((a, b) => generationOf(b.name) - generationOf(a.name));
  if (!newest) return platformNotInVault(wish.url);
  const { user, password, ca } = access;
  return { url: repositoryUrl(wish.url, newest.name), user, password, ca, key };
}

/** The control plane's database takes the place of the empty one. */
async function restoreDatabase(
  engine: Engine,
  read: (out: PassThrough) => Promise<Outcome<void>>,
): Promise<Outcome<void>> {
  const argv = [
    ...[`${postgresBin}/pg_restore`, '--clean', '--if-exists', '--single-transaction', '--exit-on-error'],
    ...['-h', postgresPlaces.socket, '-U', 'postgres', '-d', DATABASE],
  ];
  const stdin = new PassThrough();
  stdin.on('error', () => undefined);
  const stop = new AbortController();
  const reading = read(stdin).then((outcome) => {
    if (isRefusal(outcome)) {
      stop.abort();
      stdin.destroy();
    } else stdin.end();
    return outcome;
  });
  const stdout = new PassThrough().resume();
  const ran = await engine.execStream(containers.postgres, argv, { stdin, stdout, signal: stop.signal });
  const outcome = await reading;
  if (isRefusal(outcome)) return outcome;
  if (isRefusal(ran)) return ran;
  return ran.code === 0 ? undefined : platformDumpFailed(ran.stderr.trim().slice(-500));
}

/**
 * On a fresh platform with a recovery kit's secrets: what the platform knew and the images come back from the vault,
 * and one operation a project brings back its data. Nothing where nobody asked. Again after a crash is fine: the file
 * that asks for it goes last.
 */
export async function recoverPlatform(
  { engine, db }: { engine: Engine; db: Kysely<Database> },
  log: (line: string) => void,
): Promise<Outcome<void>> {
  const text = await readFile(recoverFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const wish = RecoverFile.parse(JSON.parse(text));
  const repository = await repositoryOf(wish);
  if (isRefusal(repository)) return repository;
  const restic = makeRestic({ exec: runner, runDirectory: join(paths.run, 'restic') });
  const snapshots = await restic.snapshots(repository);
  if (isRefusal(snapshots)) return snapshots;
  const newest = (kind: string) => snapshots.findLast(({ tags }) => tags.includes(`kind:${kind}`));
  const [platform, registry] = [newest('platform'), newest('registry')];
  if (!platform) return platformNotInVault(wish.url);
  log(`recovering the platform as of ${platform.takenAt.toISOString()}`);
  const restored = await restoreDatabase(engine, (out) =>
    restic.dump(repository, platform.id, `/${PLATFORM_FILE}`, out),
  );
  if (isRefusal(restored)) return restored;
  if (registry) {
    const images = await restic.restore(repository, registry.id, { target: '/' });
    if (isRefusal(images)) return images;
  }
  const projects = await beginRecovery(db);
  log(`recovering ${projects} projects`);
  await rename(recoverFile, join(paths.config, 'recovered.json'));
  return undefined;
}
