import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordSigner } from '../../adapters/signer/records.ts';
import type { AppsDeps } from '../../capabilities/apps/deps.ts';
import type { ErasureDeps } from '../../capabilities/erasure/deps.ts';
import type { KeysDeps } from '../../capabilities/keys/deps.ts';
import { storagePlace } from '../../capabilities/volumes/model.ts';
import { paths } from '../paths.ts';

/** What erasure works with on this node. */
export const erasureDeps = (parts: {
  readonly apps: AppsDeps;
  readonly keys: KeysDeps;
  readonly signer: RecordSigner;
  readonly domain: string;
}): ErasureDeps => ({
  db: parts.apps.db,
  engine: parts.apps.engine,
  registryData: paths.registryData,
  places: {
    uploads: paths.uploads,
    builds: parts.apps.builds,
    caches: join(paths.builds, 'cache/caches'),
    exports: paths.exports,
  },
  storageExists: (projectId) =>
    stat(storagePlace(projectId).image).then(
      () => true,
      () => false,
    ),
  signer: parts.signer,
  roots: parts.keys.roots,
  domain: parts.domain,
});
