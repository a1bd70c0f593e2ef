import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { layoutInvalid } from './errors.ts';
import { hex, sha256 } from './hash.ts';
import { type Descriptor, ImageConfigFile, Index, Manifest } from './model.ts';
import type { ReadLayout } from './port.ts';

const JSON_LIMIT = 4 * 1024 * 1024;

export const blobPath = (layout: string, digest: string): string =>
  join(layout, 'blobs', 'sha256', hex(digest));

/**
 * Opens a file of a layout that hostile code may have written: no link is followed, nothing but an ordinary file
 * is read. Undefined when there is no such file.
 */
export async function openPlain(
  path: string,
): Promise<
  | { stream: () => Readable; size: number; bytes: () => Promise<Buffer>; close: () => Promise<void> }
  | undefined
> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (!file) return undefined;
  const stat = await file.stat();
  if (!stat.isFile()) {
    await file.close();
    return undefined;
  }
  return {
    size: stat.size,
    stream: () => file.createReadStream({ highWaterMark: 1 << 18 }),
    bytes: () => file.readFile(),
    close: () => file.close(),
  };
}

async function readJson<T>(path: string, schema: z.ZodType<T>, digest?: string): Promise<Outcome<T>> {
  const file = await openPlain(path);
  const name = digest ?? 'index.json';
  if (!file) return layoutInvalid(`${name} is missing`);
  if (file.size > JSON_LIMIT) {
    await file.close();
    return layoutInvalid(`${name} is larger than ${JSON_LIMIT} bytes`);
  }
  const bytes = await file.bytes();
  await file.close();
  if (digest !== undefined && sha256(bytes) !== digest)
    return layoutInvalid(`${digest} does not have that digest`);
  try {
    const parsed = schema.safeParse(JSON.parse(bytes.toString('utf8')));
    return parsed.success ? parsed.data : layoutInvalid(`${name}: ${parsed.error.issues[0]?.message}`);
  } catch {
    return layoutInvalid(`${name} is not JSON`);
  }
}

const readBlob = <T>(layout: string, { digest }: Descriptor, schema: z.ZodType<T>): Promise<Outcome<T>> =>
  readJson(blobPath(layout, digest), schema, digest);

/**
 * Reads a layout's manifest and configuration and checks their digests; the layers are checked by who copies them.
 * Refusals: `image_layout_invalid`.
 */
export async function readLayout(layout: string): Promise<Outcome<ReadLayout>> {
  for (const part of ['', 'blobs', join('blobs', 'sha256')]) {
    const stat = await lstat(join(layout, part)).catch(() => undefined);
    if (!stat?.isDirectory()) return layoutInvalid(`${part || 'it'} is not a directory`);
  }
  const index = await readJson(join(layout, 'index.json'), Index);
  if (isRefusal(index)) return index;
  const described = index.manifests[0]!;
  const manifest = await readBlob(layout, described, Manifest);
  if (isRefusal(manifest)) return manifest;
  const config = await readBlob(layout, manifest.config, ImageConfigFile);
  if (isRefusal(config)) return config;
  if (config.rootfs.diff_ids.length !== manifest.layers.length) {
    return layoutInvalid(`${manifest.layers.length} layers but ${config.rootfs.diff_ids.length} diff ids`);
  }
  return { layout, manifestDigest: described.digest, manifest, config };
}
