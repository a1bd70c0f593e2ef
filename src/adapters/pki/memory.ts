import type { Millis } from '../../kernel/time.ts';
import { refuseLeaf } from './check.ts';
import type { Pki } from './port.ts';
import { authority, makeRoot, signLeaf } from './sign.ts';

/** An authority that is gone with the process: real certificates, nothing on disk. */
export function makeMemoryPki(name = 'memory', now: () => Millis = Date.now): Pki {
  const root = makeRoot(name, now());
  return {
    root: async () => authority(await root),
    issue: async (leaf) => refuseLeaf(leaf) ?? signLeaf(await root, leaf, now()),
  };
}
