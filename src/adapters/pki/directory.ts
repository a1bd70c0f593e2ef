import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Millis } from '../../kernel/time.ts';
import { refuseLeaf } from './check.ts';
import { pkiUnreadable } from './errors.ts';
import { splitPem } from './parse.ts';
import type { Pki } from './port.ts';
import { authority, makeRoot, type RootPair, signLeaf } from './sign.ts';

export interface PkiSettings {
  /** Holds root.pem (certificate and key, 0600). Made with 0700. */
  readonly directory: string;
  /** The root's common name. */
  readonly name: string;
  readonly now?: () => Millis;
}

const missing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Writes the new root where there is none; where somebody was quicker, theirs stays. */
async function keep(file: string, root: RootPair): Promise<void> {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(root.certificate + root.key.reveal());
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(temporary, file).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await rm(temporary, { force: true });
}

/** The authority whose root lives in a directory of this machine. */
export function makePki(settings: PkiSettings): Pki {
  const file = join(settings.directory, 'root.pem');
  const now = settings.now ?? Date.now;

  async function load(): Promise<Outcome<RootPair>> {
    for (;;) {
      try {
        const pair = splitPem(await readFile(file, 'utf8'));
        if (!pair) return pkiUnreadable(file, 'no certificate and key in it');
        const root = { certificate: pair.certificate, key: new Secret(pair.key) };
        authority(root);
        return root;
      } catch (error) {
        if (!missing(error)) return pkiUnreadable(file, (error as Error).message);
      }
      try {
        await mkdir(settings.directory, { recursive: true, mode: 0o700 });
        await keep(file, await makeRoot(settings.name, now()));
      } catch (error) {
        return pkiUnreadable(file, (error as Error).message);
      }
    }
  }

  return {
    async root() {
      const root = await load();
      return isRefusal(root) ? root : authority(root);
    },
    async issue(leaf) {
      const refused = refuseLeaf(leaf);
      if (refused) return refused;
      const root = await load();
      return isRefusal(root) ? root : signLeaf(root, leaf, now());
    },
  };
}
