import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** Beside this file in the source tree; the bundle keeps a copy at the same place. */
const APP = join(import.meta.dirname, '../canary/app');

/** The canary app's source as an archive; the same bytes each time. */
export async function canarySource(directory = APP): Promise<Uint8Array> {
  const tar = pack();
  for (const name of (await readdir(directory)).sort())
    tar.entry({ name, mode: 0o644, mtime: new Date(0) }, await readFile(join(directory, name)));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar.pipe(createGzip())) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
