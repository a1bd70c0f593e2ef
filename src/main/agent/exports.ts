import { openBelow } from '../../adapters/below/directory.ts';
import type { DatabasesDeps } from '../../capabilities/databases/deps.ts';
import { openSession } from '../../capabilities/databases/session.ts';
import type { ExportsDeps } from '../../capabilities/exports/deps.ts';
import { hostUid } from '../../capabilities/nodes/system/users.ts';
import { storagePath, volumeDirectory } from '../../capabilities/volumes/model.ts';
import { paths } from '../paths.ts';

/** What exports work with on this node. */
export const exportsDeps = (parts: {
  readonly databases: DatabasesDeps;
  readonly domain: string;
}): ExportsDeps => ({
  db: parts.databases.db,
  dir: paths.exports,
  reader: hostUid('api'),
  registryData: paths.registryData,
  engine: parts.databases.engine,
  engines: parts.databases.engines,
  session: (databaseId) => openSession(parts.databases, databaseId),
  open: parts.databases.open,
  // A locked directory shows its names as ciphertext: then this one is not found.
  async volume(projectId, volumeId) {
    const there = await openBelow(storagePath(projectId, ''), volumeDirectory(volumeId));
    await there?.close();
    return there && storagePath(projectId, volumeDirectory(volumeId));
  },
  domain: parts.domain,
});
