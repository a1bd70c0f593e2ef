import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Caches kept on a node; each is at most twice a build's disk limit. */
export const MAX_CACHES = 24;

/** The file with a project's layer cache. One for each slot, never shared between projects. */
export const cacheFile = (dir: string, projectId: string, slot: number): string => {
  if (!/^[0-9a-z-]{1,64}$/i.test(projectId)) throw new RangeError(`odd project id ${projectId}`);
  return join(dir, 'caches', `${projectId}.${slot}.img`);
};

/** Pure: which caches to remove, the longest unused first. */
export const surplus = (files: readonly { name: string; usedAt: number }[], keep: number): string[] =>
  [...files]
    .sort((a, b) => b.usedAt - a.usedAt)
    .slice(keep)
    .map((file) => file.name);

/** Bytes that the cache takes on this node's disk, holes not counted. */
export const cacheBytes = async (file: string): Promise<number> =>
  stat(file).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );

export async function trimCaches(dir: string, inUse: ReadonlySet<string>, keep = MAX_CACHES): Promise<void> {
  const at = join(dir, 'caches');
  const names = await readdir(at).catch(() => []);
  const files = [];
  for (const name of names.filter((each) => !inUse.has(join(at, each))))
    files.push({ name, usedAt: (await stat(join(at, name))).mtimeMs });
  for (const name of surplus(files, Math.max(0, keep - inUse.size)))
    await rm(join(at, name), { force: true });
}
