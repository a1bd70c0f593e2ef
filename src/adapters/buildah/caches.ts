import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackLayout } from './port.ts';

/** Caches kept on a node; each is at most twice a build's disk limit. */
export const MAX_CACHES = 24;

/**
 * The file with a project's layer cache, never shared between projects. One for each slot, whose user range owns it,
 * and for each set of stack versions: cached layers lie on those of the stacks' own stores.
 */
export function cacheFile(
  dir: string,
  projectId: string,
  slot: number,
  stacks: readonly StackLayout[],
): string {
  if (!/^[0-9a-z-]{1,64}$/i.test(projectId)) throw new RangeError(`odd project id ${projectId}`);
  const set = stacks.map((stack) => `${stack.name}@${stack.version} ${stack.manifestDigest}`).sort();
  const key = createHash('sha256').update(set.join('\n')).digest('hex').slice(0, 16);
  return join(dir, 'caches', `${projectId}.${slot}.${key}.img`);
}

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
