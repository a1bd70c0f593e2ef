import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readlink } from 'node:fs/promises';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

export type Found =
  | { readonly kind: 'file'; readonly path: string; readonly handle: FileHandle }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const GONE = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO']);

/** Undefined where it is gone or has become something else since it was listed. */
async function opened(path: string, flags: number): Promise<FileHandle | undefined> {
  return open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (GONE.has(error.code ?? '')) return undefined;
    throw error;
  });
}

/**
 * Files and links below a directory that a tenant's processes may change meanwhile. Each step goes by the open directory
 * it came from and follows no link, so that nothing outside is ever read, whatever is swapped for what. A handle is open
 * while it is looked at, and closed after. Sockets, pipes and devices are left out.
 */
export async function* walk(directory: string, prefix = ''): AsyncGenerator<Found> {
  const here = await opened(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!here) return;
  try {
    const base = `/proc/self/fd/${here.fd}`;
    const entries = await readdir(base, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const [at, path] = [`${base}/${entry.name}`, `${prefix}${entry.name}`];
      if (entry.isDirectory()) yield* walk(at, `${path}/`);
      else if (entry.isSymbolicLink()) {
        const target = await readlink(at).catch(() => undefined);
        if (target !== undefined) yield { kind: 'link', path, target };
      } else if (entry.isFile()) {
        const handle = await opened(at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if (!handle) continue;
        try {
          if ((await handle.stat()).isFile()) yield { kind: 'file', path, handle };
        } finally {
          await handle.close();
        }
      }
    }
  } finally {
    await here.close();
  }
}
