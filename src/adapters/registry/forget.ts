import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRepository } from './compose.ts';

const root = (dataDir: string): string => join(dataDir, 'docker/registry/v2');

const names = (dir: string): Promise<string[]> => readdir(dir).catch(() => []);

/** Digests that a repository links: layers, configurations and manifests. */
async function linked(repository: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const kind of ['_layers', '_manifests/revisions'])
    for (const digest of await names(join(repository, kind, 'sha256'))) found.add(digest);
  return found;
}

/** Directories of all repositories, at whatever depth. */
async function repositories(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await names(dir)) {
    if (name.startsWith('_')) {
      if (name === '_manifests' || name === '_layers') found.push(dir);
    } else found.push(...(await repositories(join(dir, name))));
  }
  return [...new Set(found)];
}

/** The file of a blob, `sha256:<hex>`. */
export const blobFile = (dataDir: string, digest: string): string => {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new RangeError(`odd digest ${digest}`);
  return join(root(dataDir), 'blobs/sha256', hex.slice(0, 2), hex, 'data');
};

/** Whether the registry's files know the repository. */
export const repositoryExists = (dataDir: string, repository: string): Promise<boolean> =>
  stat(join(root(dataDir), 'repositories', repository)).then(
    () => true,
    () => false,
  );

/**
 * Takes a repository out of the registry's files (distribution 2.8) at once, with every blob that no other repository
 * links: the registry itself would only unlink, and keep the layers until garbage is collected. It has no blob cache
 * (render.ts), so it notices. Gives how many blobs went.
 */
export async function forgetRepository(dataDir: string, repository: string): Promise<number> {
  if (!isRepository(repository)) throw new RangeError(`odd repository ${repository}`);
  const base = join(root(dataDir), 'repositories');
  const mine = join(base, repository);
  const own = await linked(mine);
  for (const other of await repositories(base))
    if (other !== mine) for (const digest of await linked(other)) own.delete(digest);
  for (const digest of own)
    await rm(join(root(dataDir), 'blobs/sha256', digest.slice(0, 2), digest), {
      recursive: true,
      force: true,
    });
  await rm(mine, { recursive: true, force: true });
  return own.size;
}
