import { paths } from '../../../main/paths.ts';
import { ensureDirectory, type Owner } from './files.ts';
import { hostUid, users } from './users.ts';

const root = (mode: number): Owner => ({ uid: 0, gid: 0, mode });
const owned = (user: Parameters<typeof hostUid>[0], gid: number, mode: number): Owner => ({
  uid: hostUid(user),
  gid,
  mode,
});

/**
 * Who owns which directory. A container enters a mount as its own mapped user, so what leads there can be walked
 * through (711) and nothing more. A socket's directory belongs to who makes the socket; its group may connect.
 */
export const directories: readonly (readonly [path: string, owner: Owner])[] = [
  [paths.config, root(0o755)],
  [paths.secrets, root(0o700)],
  [paths.state, root(0o711)],
  [paths.cache, root(0o711)],
  [paths.run, root(0o711)],
  [paths.log, root(0o750)],
  [paths.postgresData, owned('postgres', hostUid('postgres'), 0o700)],
  [paths.postgresConfig, root(0o755)],
  [paths.postgresSocketDir, owned('postgres', hostUid('api'), 0o710)],
  [paths.registryData, owned('registry', hostUid('registry'), 0o700)],
  [paths.registryConfig, root(0o755)],
  [paths.apiSocketDir, owned('api', users.edge, 0o710)],
  [paths.operatorsSocketDir, owned('api', users.edge, 0o710)],
  [paths.edgeSocketDir, owned('edge', users.edge, 0o700)],
  [paths.uploads, owned('api', hostUid('api'), 0o700)],
  [paths.exports, owned('api', hostUid('api'), 0o700)],
  [paths.recordings, root(0o700)],
];

export async function ensureDirectories(): Promise<void> {
  for (const [path, owner] of directories) await ensureDirectory(path, owner);
}
