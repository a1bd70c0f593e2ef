import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErasureDeps } from './deps.ts';
import type { Inventory } from './model.ts';

const there = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Files of the project outside its storage that are still there: uploads, builds, layer caches, exports and downloads. */
export async function filesOf(
  { places }: Pick<ErasureDeps, 'places'>,
  projectId: string,
  inventory: Inventory,
): Promise<string[]> {
  const caches = (await readdir(places.caches).catch(() => [])).filter((name) =>
    name.startsWith(`${projectId}.`),
  );
  const exports = (await readdir(places.exports).catch(() => [])).filter((name) =>
    inventory.exports.some((id) => name.startsWith(id)),
  );
  const candidates = [
    ...inventory.uploads.map((id) => join(places.uploads, id)),
    ...inventory.builds.map((id) => join(places.builds, id)),
    ...caches.map((name) => join(places.caches, name)),
    ...exports.map((name) => join(places.exports, name)),
  ];
  const found = await Promise.all(candidates.map(async (path) => ((await there(path)) ? path : undefined)));
  return found.filter((path) => path !== undefined);
}

export async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}
