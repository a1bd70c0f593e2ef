import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { openDirectory } from '../../adapters/below/directory.ts';
import type { Entry } from '../../adapters/below/port.ts';
import { TooDeep, walk } from '../../adapters/below/walk.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { treeChanged, treeTooDeep } from './errors.ts';
import type { TreeManifest } from './model.ts';

/** What a file's content was when it was read, and by what it is known to be unchanged. */
export type Hashes = Map<string, { readonly known: string; readonly hash: string }>;

type Stats = Entry['stats'];
const known = ({ ino, size, mtimeNs, ctimeNs }: Stats): string => `${ino}:${size}:${mtimeNs}:${ctimeNs}`;

/** SHA-256 of what is in a file, hex. */
export async function contentHash(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ autoClose: false, start: 0 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

class Gone extends Error {}

/** What a file is now, read unless it is known; undefined where there is no such file any more. */
async function fileOf(
  entry: Entry,
  before: { readonly known: string; readonly hash: string } | undefined,
): Promise<{ stats: Stats; hash: string } | undefined> {
  if (before?.known === known(entry.stats)) return { stats: entry.stats, hash: before.hash };
  const handle = await entry.open();
  if (!handle) return undefined;
  try {
    return { stats: await handle.stat({ bigint: true }), hash: await contentHash(handle) };
  } finally {
    await handle.close();
  }
}

/**
 * One hash over every name, kind, mode, owner and content below a directory; names are bytes, in order of their
 * bytes. With `hashes`, contents that did not change since are not read again; what vanishes or becomes something else
 * while it is read is left out where `live`, and refused (`backup_tree_changed`) where not. Sockets, pipes and devices
 * are not content.
 */
export async function hashTree(
  root: string,
  options: { readonly hashes?: Hashes; readonly live?: boolean } = {},
): Promise<Outcome<TreeManifest>> {
  const { hashes = new Map(), live = false } = options;
  const tree = createHash('sha256');
  const sum = { files: 0, bytes: 0 };
  const gone = (path: Buffer) => {
    if (!live) throw new Gone(path.toString());
  };

  const add = async (entry: Entry): Promise<void> => {
    const name = entry.path.toString('latin1');
    const line = ({ mode, uid, gid }: Stats, ...parts: (string | bigint)[]) =>
      tree.update(
        `${JSON.stringify([name, (mode & 0o7777n).toString(8), `${uid}:${gid}`, ...parts.map(String)])}\n`,
      );
    if (entry.stats.isDirectory()) line(entry.stats, 'directory');
    else if (entry.stats.isSymbolicLink()) {
      const target = await entry.target();
      if (target) line(entry.stats, 'link', createHash('sha256').update(target).digest('hex'));
      else gone(entry.path);
    } else if (entry.stats.isFile()) {
      const file = await fileOf(entry, hashes.get(name));
      if (!file) return gone(entry.path);
      hashes.set(name, { known: known(file.stats), hash: file.hash });
      line(file.stats, 'file', file.stats.size, file.hash);
      sum.files += 1;
      sum.bytes += Number(file.stats.size);
    }
  };

  const directory = await openDirectory(root);
  if (!directory) return treeChanged('.');
  try {
    for await (const entry of walk(directory, gone)) await add(entry);
  } catch (error) {
    if (error instanceof TooDeep) return treeTooDeep(error.message);
    if (error instanceof Gone) return treeChanged(error.message);
    throw error;
  } finally {
    await directory.close();
  }
  return { tree: tree.digest('hex'), ...sum };
}
