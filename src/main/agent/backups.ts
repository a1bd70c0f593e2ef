import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runner } from '../../adapters/exec/run.ts';
import { makeRestic } from '../../adapters/restic/restic.ts';
import { loadRecordSigner } from '../../adapters/signer/records.ts';
import type { BackupsDeps } from '../../capabilities/backups/deps.ts';
import { platformDumpFailed, platformKeyUnreadable } from '../../capabilities/backups/errors.ts';
import { thawAll } from '../../capabilities/backups/perform/freeze.ts';
import { makeShipper, type Shipper } from '../../capabilities/backups/perform/ship.ts';
import { signingRestic } from '../../capabilities/backups/perform/signing.ts';
import { projectIds } from '../../capabilities/backups/store.ts';
import type { DatabasesDeps } from '../../capabilities/databases/deps.ts';
import { openSession } from '../../capabilities/databases/session.ts';
import { DATABASE } from '../../capabilities/nodes/system/postgres-config.ts';
import { containers, postgresBin, postgresPlaces } from '../../capabilities/nodes/system/specs.ts';
import { hostUid } from '../../capabilities/nodes/system/users.ts';
import type { VaultsDeps } from '../../capabilities/vaults/deps.ts';
import { repositoryUrl } from '../../capabilities/vaults/model.ts';
import { accessTo } from '../../capabilities/vaults/perform.ts';
import { dropDirectory, makeDirectory } from '../../capabilities/volumes/directories.ts';
import { hostUserOf, storagePath, storagePlace } from '../../capabilities/volumes/model.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import { paths } from '../paths.ts';

const KEY = /^[A-Za-z0-9_-]{43}$/;

/** Key of the platform's own repositories; below the secrets, so that the recovery kit holds it. Made once. */
export async function platformKey(secrets: string = paths.secrets): Promise<Outcome<Secret>> {
  const file = join(secrets, 'platform-backup.key');
  const read = () => readFile(file, 'utf8').catch(() => undefined);
  const there = await read();
  if (there === undefined)
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch(() => {});
  const key = (there ?? (await read()) ?? '').trim();
  return KEY.test(key) ? new Secret(key) : platformKeyUnreadable(file);
}

/** What backups work with on this node. */
export async function backupsDeps(parts: {
  readonly databases: DatabasesDeps;
  readonly vaults: VaultsDeps;
}): Promise<Outcome<BackupsDeps & { readonly shipper: Shipper }>> {
  const { databases, vaults } = parts;
  const { db, engine, pki } = databases;
  // Now, and not with the first backup: a recovery kit that is made before that holds it too.
  const own = await platformKey();
  if (isRefusal(own)) return own;
  const signer = await loadRecordSigner(join(paths.secrets, 'backup-list.key'));
  if (isRefusal(signer)) return signer;
  const projects = await projectIds(db);
  // Before anything else: a killed predecessor may have left a project standing still.
  await thawAll(
    runner,
    projects.map((id) => storagePlace(id).mount),
  );
  const deps: BackupsDeps = {
    db,
    engine,
    run: runner,
    signer,
    restic: signingRestic(makeRestic({ exec: runner, runDirectory: join(paths.run, 'restic') }), signer),
    open: databases.open,
    async place(vault, repository) {
      const access = await accessTo(vaults, vault);
      if (isRefusal(access)) return access;
      const { user, password, ca } = access;
      return { url: repositoryUrl(vault.url, repository), user, password, ca };
    },
    platformKey: () => platformKey(),
    engines: databases.engines,
    session: (databaseId) => openSession(databases, databaseId),
    async tls(host) {
      const ca = await pki.root();
      if (isRefusal(ca)) return ca;
      const leaf = await pki.issue({
        commonName: host,
        hosts: [host],
        addresses: [],
        usage: 'server',
        days: 7,
      });
      return isRefusal(leaf) ? leaf : { certificate: leaf.certificate, key: leaf.key, ca: ca.certificate };
    },
    async image(stack) {
      const image = await databases.image(stack, () => undefined);
      if (isRefusal(image)) return image;
      const pulled = await engine.imagePull(image, databases.registryAuth);
      return isRefusal(pulled) ? pulled : image;
    },
    scratch: {
      async make(projectId, path, uid) {
        const made = await makeDirectory(storagePath(projectId, ''), path, hostUserOf(uid));
        return isRefusal(made) ? made : storagePath(projectId, path);
      },
      async remove(projectId, path) {
        await dropDirectory(storagePath(projectId, ''), path);
        return undefined;
      },
    },
    platform: {
      async dump(stdout, signal) {
        const argv = [
          ...[`${postgresBin}/pg_dump`, '--format=custom', '--compress=0', '-h', postgresPlaces.socket],
          ...['-U', 'postgres', '-d', DATABASE],
        ];
        const ran = await engine.execStream(containers.postgres, argv, { stdout, signal });
        if (isRefusal(ran)) return ran;
        return ran.code === 0 ? undefined : platformDumpFailed(ran.stderr.trim().slice(-300));
      },
      files: [paths.registryData],
    },
    downloads: { dir: paths.exports, reader: hostUid('api') },
    shipNow: (databaseId) => shipper.shipNow(databaseId),
    sleep,
    now: () => new Date(),
  };
  const shipper = makeShipper(deps);
  return { ...deps, shipper };
}
