import { type Header, type Pack, pack } from 'tar-stream';
import type { TarEntry } from './entries.ts';

type HeaderInit = Partial<Header> & Pick<Header, 'name'>;

export const header = (entry: TarEntry, mtime: Date): HeaderInit => ({
  name: entry.path,
  mtime,
  uname: '',
  gname: '',
  ...(entry.type === 'symlink'
    ? { type: 'symlink', linkname: entry.target, mode: 0o777, uid: 0, gid: 0 }
    : { type: entry.type, mode: entry.mode, uid: entry.uid, gid: entry.gid }),
});

/** Writes one entry and resolves when the tar has taken it. */
export function writeEntry(out: Pack, entry: TarEntry, mtime: Date): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (entry.type === 'file') out.entry(header(entry, mtime), Buffer.from(entry.content), done);
    else out.entry(header(entry, mtime), done);
  });
}

/** A tar of these entries in the order given: the same entries always give the same bytes. */
export function tarOf(entries: readonly TarEntry[], mtime: Date): Pack {
  const out = pack();
  const all = async () => {
    for (const entry of entries) await writeEntry(out, entry, mtime);
    out.finalize();
  };
  all().catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))));
  return out;
}
