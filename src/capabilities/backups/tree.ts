import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import type { TreeManifest } from './model.ts';

/** What a file's content was when it was read, and by what it is known to be unchanged. */
export type Hashes = Map<string, { readonly known: string; readonly hash: string }>;

/** SHA-256 of what is in a file, hex. */
export async function contentHash(path: Buffer | string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const gone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * One hash over every name, kind, mode, owner and content below a directory; names are bytes, in order of their
 * bytes. With `hashes`, contents that did not change since are not read again; what vanishes while it is read is
 * left out where `live`. Sockets, pipes and devices are not content.
 */
export async function hashTree(
  root: string,
  options: { readonly hashes?: Hashes; readonly live?: boolean } = {},
): Promise<TreeManifest> {
  const { hashes = new Map(), live = false } = options;
  const tree = createHash('sha256');
  const sum = { files: 0, bytes: 0 };

  const entry = async (path: Buffer, name: string): Promise<boolean> => {
    const stat = await lstat(path, { bigint: true });
    const line = (...parts: (string | bigint)[]) =>
      tree.update(
        `${JSON.stringify([name, (stat.mode & 0o7777n).toString(8), `${stat.uid}:${stat.gid}`, ...parts.map(String)])}\n`,
      );
    if (stat.isDirectory()) line('directory');
    else if (stat.isSymbolicLink())
      line(
        'link',
        createHash('sha256')
          .update(await readlink(path, 'buffer'))
          .digest('hex'),
      );
    else if (stat.isFile()) {
      const known = `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
      const before = hashes.get(name);
      const hash = before?.known === known ? before.hash : await contentHash(path);
      hashes.set(name, { known, hash });
      line('file', stat.size, hash);
      sum.files += 1;
      sum.bytes += Number(stat.size);
    }
    return stat.isDirectory();
  };

  const walk = async (directory: Buffer, prefix: string): Promise<void> => {
    const names = (await readdir(directory, { encoding: 'buffer' })).sort(Buffer.compare);
    for (const name of names) {
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const shown = `${prefix}${name.toString('latin1')}`;
      try {
        if (await entry(path, shown)) await walk(path, `${shown}/`);
      } catch (error) {
        if (!live || !gone(error)) throw error;
      }
    }
  };
  await walk(Buffer.from(root), '');
  return { tree: tree.digest('hex'), ...sum };
}
