import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { keychain } from '../../adapters/envelope/keychain.ts';
import type { RootKeys } from '../../adapters/envelope/port.ts';
import { givenRootKeys, rootKeyFile } from '../../adapters/envelope/root.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { databaseTarget } from '../../capabilities/databases/model.ts';
import type { KeysDeps } from '../../capabilities/keys/deps.ts';
import { ROTATION_DAYS } from '../../capabilities/keys/model.ts';
import { readyDatabases } from '../../capabilities/keys/store.ts';
import type { Settings } from '../../capabilities/nodes/system/settings.ts';
import { carryingStorageKey } from '../../capabilities/nodes/system/storage-key.ts';
import type { Database } from '../../db/schema.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { paths } from '../paths.ts';

/** Where the root key is: a file of ours, or what the settings name. */
export async function rootKeysOf(settings: Settings): Promise<Outcome<RootKeys>> {
  const roots = settings.rootKeyFile
    ? await givenRootKeys(settings.rootKeyFile)
    : rootKeyFile(join(paths.secrets, 'root.key'));
  return isRefusal(roots) ? roots : carryingStorageKey(roots, paths.storageKey);
}

/** The keys of this platform. */
export async function thisPlatformsKeys(
  db: Kysely<Database>,
  settings: Settings,
): Promise<Outcome<KeysDeps>> {
  const roots = await rootKeysOf(settings);
  if (isRefusal(roots)) return roots;
  const there = await roots.ids();
  if (isRefusal(there)) return there;
  return {
    db,
    keychain: keychain(roots),
    roots,
    given: settings.rootKeyFile !== undefined,
    seal,
    rotationDays: settings.keyRotationDays ?? ROTATION_DAYS,
    // Its passwords may have been read with the key; backups open a new repository by themselves.
    afterRetire: async (projectId) =>
      (await readyDatabases(db, projectId)).map(({ id, credential, organizationId }) => ({
        kind: 'databases.rotate',
        target: databaseTarget(id),
        organizationId,
        projectId,
        input: { databaseId: id, generation: credential + 1 },
      })),
  };
}
