import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Pack } from 'tar-stream';
import { hex, Meter, sha256 } from './hash.ts';
import {
  CONFIG,
  type Descriptor,
  type ImageConfigFile,
  LAYER_GZIP,
  MANIFEST,
  type Manifest,
} from './model.ts';

export interface WrittenLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
}

const blobsOf = (layout: string): string => join(layout, 'blobs', 'sha256');

/**
 * Adds a layer to a layout, gzip level 1: base layers move once per node, so speed counts for more than size.
 * `keepTarAt` names a file that gets the tar as it is. The diff id (of the tar) is the same everywhere; the blob's digest depends on the zlib in use.
 */
export async function writeLayer(
  layout: string,
  tar: Pack | NodeJS.ReadableStream,
  keepTarAt?: string,
): Promise<WrittenLayer> {
  const blobs = blobsOf(layout);
  await mkdir(blobs, { recursive: true });
  const raw = new Meter();
  const packed = new Meter();
  const part = join(blobs, `.layer-${process.pid}`);
  try {
    const zip = createGzip({ level: 1, chunkSize: 1 << 18 });
    if (keepTarAt) await pipeline(tar, raw, copyTo(keepTarAt), zip, packed, createWriteStream(part));
    else await pipeline(tar, raw, zip, packed, createWriteStream(part));
    await rename(part, join(blobs, hex(packed.digest)));
  } finally {
    await rm(part, { force: true });
  }
  return {
    descriptor: { mediaType: LAYER_GZIP, digest: packed.digest, size: packed.size },
    diffId: raw.digest,
  };
}

/** Passes bytes on and writes them to a file as well. */
function copyTo(path: string): Transform {
  const file = createWriteStream(path);
  return new Transform({
    transform: (chunk, _encoding, done) => {
      file.write(chunk, (error) => (error ? done(error) : done(null, chunk)));
    },
    flush: (done) => {
      file.end(() => done());
    },
  });
}

async function writeJson(layout: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = sha256(bytes);
  await writeFile(join(blobsOf(layout), hex(digest)), bytes);
  return { mediaType, digest, size: bytes.length };
}

/** Completes a layout whose layers are written. Returns the manifest's digest: the image's name from now on. */
export async function finishLayout(
  layout: string,
  config: ImageConfigFile,
  layers: readonly Descriptor[],
  annotations: Readonly<Record<string, string>> = {},
): Promise<string> {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: await writeJson(layout, CONFIG, config),
    layers: [...layers],
    ...(Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}),
  };
  const descriptor = await writeJson(layout, MANIFEST, manifest);
  const latest = { 'org.opencontainers.image.ref.name': 'latest' };
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, annotations: latest }] }),
  );
  return descriptor.digest;
}
