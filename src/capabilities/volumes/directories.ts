import { lchown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeBelow } from '../../adapters/below/remove.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { pathRefused } from './errors.ts';

const seen = (path: string) => lstat(path).catch(() => undefined);

/**
 * A directory of the host's user `owner` below `base`, made once. What leads there is root's and can be walked
 * through; a part that is not root's may be a link that a container made, and is refused.
 */
export async function makeDirectory(base: string, path: string, owner: number): Promise<Outcome<void>> {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join('/');
    const there = await seen(join(base, above));
    if (!there) await mkdir(join(base, above), { mode: 0o711 });
    else if (!there.isDirectory() || there.uid !== 0)
      return pathRefused(above, 'it is not a directory of ours');
  }
  const at = join(base, path);
  const there = await seen(at);
  if (there && !there.isDirectory()) return pathRefused(path, 'it is not a directory');
  if (!there) await mkdir(at, { mode: 0o700 });
  // Also where it is there: a run that was killed may have made it and not given it away.
  if (!there || there.uid === 0) await lchown(at, owner, owner);
}

/** Moved out of reach first, so that nothing that still runs can put something in the way. */
export const dropDirectory = (base: string, path: string): Promise<void> => removeBelow(base, path);
