import { constants } from 'node:fs';
import { lstat, open, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import { directoryUnreadable } from './errors.ts';
import { type IgnoreFile, ignored, parseIgnore } from './ignore.ts';

/** Same content, same archive. */
const MTIME = new Date(0);

interface Found {
  readonly path: string;
  readonly kind: 'file' | 'link';
}

async function ignoreFiles(root: string, base: string): Promise<IgnoreFile[]> {
  const texts = await Promise.all(
    ['.gitignore', '.bastideignore'].map((name) =>
      readFile(join(root, base, name), 'utf8').catch(() => undefined),
    ),
  );
  return texts.flatMap((text) => (text === undefined ? [] : [parseIgnore(base, text)]));
}

/** What of a directory is sent, sorted. Sockets, devices and what is ignored are not. */
export async function listSource(
  root: string,
  base = '',
  above: readonly IgnoreFile[] = [],
): Promise<Found[]> {
  const files = [...above, ...(await ignoreFiles(root, base))];
  const entries = (await readdir(join(root, base), { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const found: Found[] = [];
  for (const entry of entries) {
    const path = `${base}${entry.name}`;
    if (ignored(files, path, entry.isDirectory())) continue;
    if (entry.isDirectory()) found.push(...(await listSource(root, `${path}/`, files)));
    else if (entry.isFile()) found.push({ path, kind: 'file' });
    else if (entry.isSymbolicLink()) found.push({ path, kind: 'link' });
  }
  return found;
}

async function addFile(tar: Pack, root: string, path: string): Promise<void> {
  const handle = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size, mode } = await handle.stat();
    const header = { name: path, size, mode: mode & 0o111 ? 0o755 : 0o644, mtime: MTIME };
    if (size === 0) return void tar.entry(header, '');
    const entry = tar.entry(header);
    await pipeline(handle.createReadStream({ start: 0, end: size - 1, autoClose: false }), entry);
  } finally {
    await handle.close();
  }
}

async function fill(tar: Pack, root: string, found: readonly Found[]): Promise<void> {
  for (const { path, kind } of found) {
    if (kind === 'file') await addFile(tar, root, path);
    else tar.entry({ name: path, type: 'symlink', linkname: await readlink(join(root, path)), mtime: MTIME });
  }
  tar.finalize();
}

/** The directory as a tar.gz, streamed. Refuses `cli_directory_unreadable`. */
export async function packDirectory(root: string): Promise<Outcome<{ stream: Readable; files: number }>> {
  const there = await lstat(root).catch(() => undefined);
  if (!there?.isDirectory()) return directoryUnreadable(root);
  const found = await listSource(root).catch(() => directoryUnreadable(root));
  if (isRefusal(found)) return found;
  const tar = pack();
  const zip = createGzip({ level: 6 });
  pipeline(tar, zip).catch(() => zip.destroy());
  fill(tar, root, found).catch((error: unknown) => tar.destroy(error as Error));
  return { stream: zip, files: found.length };
}
