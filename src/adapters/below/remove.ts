import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { openBelow, openDirectory } from './directory.ts';
import type { Directory } from './port.ts';

const BIN = '.removed';
/** A level of the tree each; more are somebody who still writes. */
const ROUNDS = 1_000_000;
const TRIES = 100;

/** Takes everything out of a directory. Two are open at a time, however deep: what is not empty is moved up first. */
async function empty(bin: Directory): Promise<void> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const names = await bin.names();
    if (names.length === 0) return;
    for (const name of names) {
      if (await bin.drop(name)) continue;
      const inside = await bin.directory(name);
      if (!inside) continue;
      try {
        for (const one of await inside.names()) {
          const gone = (await inside.drop(one)) || (await inside.dropEmpty(one));
          if (!gone) await inside.move(one, bin, randomUUID());
        }
      } finally {
        await inside.close();
      }
      await bin.dropEmpty(name);
    }
  }
  throw new Error('what is to be removed grows faster than it is removed');
}

/** Moved out of the way, and everything in the bin with it; false where another call took the bin away meanwhile. */
async function binned(root: string, path: string): Promise<boolean> {
  const [base, above] = [await openDirectory(root), await openBelow(root, dirname(path))];
  try {
    if (!base) return true;
    await (await base.make(BIN, { mode: 0o700, owner: process.getuid?.() ?? 0 }))?.close();
    const bin = await base.directory(BIN);
    if (!bin) return false;
    try {
      const name = basename(path);
      if (above && !(await above.move(name, bin, randomUUID())) && (await above.look(name))) return false;
      await empty(bin);
    } finally {
      await bin.close();
    }
    await base.dropEmpty(BIN);
    return true;
  } finally {
    await above?.close();
    await base?.close();
  }
}

/**
 * Removes what is at `path` below `root`, and nothing else, whatever somebody does in there meanwhile. It is moved out of
 * the way first; what a run that was killed left there goes too.
 */
export async function removeBelow(root: string, path: string): Promise<void> {
  for (let tries = 1; tries <= TRIES; tries += 1) if (await binned(root, path)) return;
  throw new Error(`${path} cannot be moved out of the way`);
}
