import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { StackLayout } from '../../../adapters/buildah/port.ts';
import type { Engine } from '../../../adapters/docker/port.ts';
import { appendLayer } from '../../../adapters/oci/append.ts';
import { toDockerArchive } from '../../../adapters/oci/docker-archive.ts';
import type { TarEntry } from '../../../adapters/oci/entries.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { paths } from '../../../main/paths.ts';
import { bundleMissing } from './errors.ts';

/** The engine's name of a system image: what is in it decides the tag, so a changed image is another one. */
export const referenceOf = (part: string, content: string): string =>
  `bastide/${part}:${content.replace(/^sha256:/, '').slice(0, 16)}`;

/** Loads a stack into the engine as it is, unless it is there. */
export async function ensureStackImage(
  engine: Engine,
  part: string,
  stack: StackLayout,
): Promise<Outcome<string>> {
  const reference = referenceOf(part, stack.manifestDigest);
  return load(engine, reference, async () => stack.layout);
}

/** Loads the image of a program of ours, the Node stack and one layer with the bundle at /app, unless it is there. */
export async function ensureBundleImage(
  engine: Engine,
  part: string,
  stack: StackLayout,
  bundle: string,
): Promise<Outcome<string>> {
  const entries = await bundleEntries(bundle);
  if (entries.length === 0) return bundleMissing(bundle);
  const hash = createHash('sha256').update(stack.manifestDigest);
  for (const entry of entries) hash.update(`\0${entry.path}\0`).update(entry.content);
  return load(engine, referenceOf(part, hash.digest('hex')), async (scratch) => {
    const out = join(scratch, part);
    const appended = await appendLayer(stack.layout, entries, { WorkingDir: '/app' }, out);
    return isRefusal(appended) ? appended : out;
  });
}

type FileEntry = Extract<TarEntry, { type: 'file' }>;

async function bundleEntries(bundle: string): Promise<FileEntry[]> {
  const found = await readdir(bundle, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (file): Promise<FileEntry> => {
      const path = join('app', relative(bundle, file));
      return { type: 'file', path, mode: 0o644, uid: 0, gid: 0, content: await readFile(file) };
    }),
  );
}

async function load(
  engine: Engine,
  reference: string,
  layoutIn: (scratch: string) => Promise<Outcome<string>>,
): Promise<Outcome<string>> {
  const there = await engine.imageFacts(reference);
  if (!isRefusal(there)) return reference;
  if (there.code !== 'image_missing') return there;
  const scratch = await mkdtemp(join(paths.cache, 'image-'));
  try {
    const layout = await layoutIn(scratch);
    if (isRefusal(layout)) return layout;
    const archive = join(scratch, 'image.tar');
    const written = await toDockerArchive(layout, reference, archive);
    if (isRefusal(written)) return written;
    const loaded = await engine.imageLoad(archive);
    return isRefusal(loaded) ? loaded : reference;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
