import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { layoutInvalid } from './errors.ts';
import { hex } from './hash.ts';
import { blobPath, openPlain, readLayout } from './layout-read.ts';
import { writeEntry } from './tar-write.ts';

const ZERO = new Date(0);

/**
 * Writes an image as the archive that `docker load` reads (Engine 20.10 and later); `tag` is `name:version`.
 * Layers stay compressed: the engine unpacks them and checks each diff id itself.
 * Refusals: `image_layout_invalid`.
 */
export async function toDockerArchive(
  layout: string,
  tag: string,
  out: string,
): Promise<Outcome<{ imageId: string }>> {
  const read = await readLayout(layout);
  if (isRefusal(read)) return read;
  const { manifest } = read;
  const configName = `${hex(manifest.config.digest)}.json`;
  const layerName = (digest: string) => `${hex(digest)}.tar`;
  const contents = [
    { Config: configName, RepoTags: [tag], Layers: manifest.layers.map(({ digest }) => layerName(digest)) },
  ];

  const tar = pack();
  const fill = async (): Promise<Outcome<void>> => {
    const text = (path: string, content: Uint8Array) =>
      writeEntry(tar, { type: 'file', path, mode: 0o644, uid: 0, gid: 0, content }, ZERO);
    await text('manifest.json', Buffer.from(JSON.stringify(contents)));
    const config = await openPlain(blobPath(layout, manifest.config.digest));
    await text(configName, await config!.bytes());
    await config!.close();
    for (const digest of new Set(manifest.layers.map((layer) => layer.digest))) {
      if (!(await addBlob(tar, blobPath(layout, digest), layerName(digest)))) {
        return layoutInvalid(`${digest} is missing`);
      }
    }
    tar.finalize();
    return undefined;
  };

  const part = `${out}.part`;
  try {
    const filled = fill().then((outcome) => {
      if (isRefusal(outcome)) tar.destroy();
      return outcome;
    });
    const written = pipeline(tar, createWriteStream(part)).catch((error: unknown) => error);
    const outcome = await filled;
    const failed = await written;
    if (isRefusal(outcome)) return outcome;
    if (failed) throw failed;
    await rename(part, out);
    return { imageId: manifest.config.digest };
  } finally {
    await rm(part, { force: true });
  }
}

async function addBlob(tar: Pack, path: string, name: string): Promise<boolean> {
  const blob = await openPlain(path);
  if (!blob) return false;
  await new Promise<void>((resolve, reject) => {
    const sink = tar.entry({ name, size: blob.size, mode: 0o644, mtime: ZERO }, (error) =>
      error ? reject(error) : resolve(),
    );
    blob.stream().pipe(sink as unknown as NodeJS.WritableStream);
  });
  return true;
}
