import { copyFile, link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { type TarEntry, withParents } from './entries.ts';
import { blobPath, readLayout } from './layout-read.ts';
import { finishLayout, writeLayer } from './layout-write.ts';
import type { RunConfig } from './model.ts';
import type { Appended } from './port.ts';
import { tarOf } from './tar-write.ts';

/** Directories that a stack has already; naming them again would change their owner or mode. */
const OF_THE_STACK = new Set([
  'app',
  'etc',
  'home',
  'opt',
  'srv',
  'tmp',
  'usr',
  'usr/lib',
  'usr/local',
  'usr/share',
  'var',
  'var/lib',
]);

/**
 * A new image: `base` and one more layer with these files; the run configuration is the base's, overridden by
 * `config`. Same input, same digests. The base's blobs are hard-linked where possible. `out` must not exist.
 * Refusals: `image_layout_invalid` (of the base).
 */
export async function appendLayer(
  base: string,
  entries: readonly TarEntry[],
  config: RunConfig,
  out: string,
): Promise<Outcome<Appended>> {
  const read = await readLayout(base);
  if (isRefusal(read)) return read;
  await mkdir(join(out, 'blobs', 'sha256'), { recursive: true });
  for (const { digest } of read.manifest.layers) {
    const [from, to] = [blobPath(base, digest), blobPath(out, digest)];
    await link(from, to).catch(() => copyFile(from, to));
  }
  const created = read.config.created ?? '1970-01-01T00:00:00Z';
  const layer = await writeLayer(out, tarOf(withParents(entries, OF_THE_STACK), new Date(created)));
  const diffIds = [...read.config.rootfs.diff_ids, layer.diffId];
  const manifestDigest = await finishLayout(
    out,
    {
      ...read.config,
      config: { ...read.config.config, ...config },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: [...(read.config.history ?? []), { created, created_by: 'bastide' }],
    },
    [...read.manifest.layers, layer.descriptor],
    { 'org.opencontainers.image.base.digest': read.manifestDigest },
  );
  return { layout: out, manifestDigest, diffIds };
}
