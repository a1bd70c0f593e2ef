import type { Kysely } from 'kysely';
import type { Engine } from '../../adapters/docker/port.ts';
import type { Keychain } from '../../adapters/envelope/port.ts';
import { seal } from '../../adapters/envelope/seal.ts';
import { runner } from '../../adapters/exec/run.ts';
import { makeEncryptedImages } from '../../adapters/fscrypt/images.ts';
import { projectGone } from '../../capabilities/keys/errors.ts';
import { projectKeys } from '../../capabilities/keys/store.ts';
import type { VolumesDeps } from '../../capabilities/volumes/deps.ts';
import type { Database } from '../../db/schema.ts';

/** Encrypted storage of projects on this node. */
export const projectStorage = (parts: {
  readonly db: Kysely<Database>;
  readonly engine: Engine;
  readonly keys: Keychain;
}): VolumesDeps => ({
  db: parts.db,
  engine: parts.engine,
  images: makeEncryptedImages(runner),
  seal,
  async open(projectId, binding, sealed) {
    const project = await projectKeys(parts.db, projectId);
    return project ? parts.keys.open(project, binding, sealed) : projectGone();
  },
});
