import type { Directory, Entry } from './port.ts';

/** Each level holds a directory open. Deeper trees are nobody's but an attacker's. */
export const LEVELS = 256;

export class TooDeep extends Error {
  constructor() {
    super(`It has directories within directories more than ${LEVELS} times`);
  }
}

/**
 * Everything below a directory that somebody may change meanwhile: a directory before what is in it, in order of the
 * names' bytes. `gone` hears of what went away or became something else in between, and may throw.
 */
export async function* walk(
  root: Directory,
  gone: (path: Buffer) => void = () => undefined,
  prefix = Buffer.alloc(0),
  level = 1,
): AsyncGenerator<Entry> {
  if (level > LEVELS) throw new TooDeep();
  for (const name of await root.names()) {
    const path = Buffer.concat([prefix, name]);
    const stats = await root.look(name);
    if (!stats) {
      gone(path);
      continue;
    }
    yield { path, stats, open: () => root.file(name), target: () => root.target(name) };
    if (!stats.isDirectory()) continue;
    const inside = await root.directory(name);
    if (!inside) {
      gone(path);
      continue;
    }
    try {
      yield* walk(inside, gone, Buffer.concat([path, Buffer.from('/')]), level + 1);
    } finally {
      await inside.close();
    }
  }
}
