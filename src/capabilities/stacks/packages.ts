import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { TarEntry } from '../../adapters/oci/entries.ts';
import type { Recipe } from './model.ts';

type NpmPart = Recipe['npm'][number];

/** Where a file of an npm package goes in the image; undefined when the recipe does not ask for it. */
export function placeOf(part: NpmPart, file: string): string | undefined {
  if (part.skip.some((folder) => file === folder || file.startsWith(`${folder}/`))) return undefined;
  for (const [from, to] of Object.entries(part.copy)) {
    if (from === file) return to.slice(1);
    if (from === '.') return `${to.slice(1)}/${file}`;
    if (file.startsWith(`${from}/`)) return `${to.slice(1)}/${file.slice(from.length + 1)}`;
  }
  return undefined;
}

/** The files of a published npm package (its .tgz) that a recipe asks for, as entries of root's. */
export async function npmEntries(part: NpmPart, tgz: Uint8Array): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  const from = extract();
  const reading = pipeline(Readable.from([tgz]), createGunzip(), from);
  reading.catch(() => {});
  for await (const entry of from) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    // Published packages have one top folder, usually named "package".
    const file = entry.header.name.split('/').slice(1).join('/');
    const path = entry.header.type === 'file' ? placeOf(part, file) : undefined;
    if (path === undefined || path.split('/').includes('..')) continue;
    const mode = entry.header.mode & 0o100 || /(^|\/)bin\//.test(file) ? 0o755 : 0o644;
    entries.push({ type: 'file', path, mode, uid: 0, gid: 0, content: Buffer.concat(chunks) });
  }
  await reading;
  return entries;
}
