import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Outcome } from '../../kernel/refusal.ts';
import { layoutInvalid } from './errors.ts';
import { Meter } from './hash.ts';
import { blobPath, openPlain } from './layout-read.ts';
import { type Descriptor, LAYER_GZIP, LAYER_TAR } from './model.ts';

/** No layer may unpack to more: a small file can unpack to terabytes. */
const UNPACKED_LIMIT = 8 * 1024 ** 3;

/**
 * Reads a whole layer of a layout and checks size, digest and diff id against what the manifest and the
 * configuration say. Refusals: `image_layout_invalid`.
 */
export async function checkLayerBlob(
  layout: string,
  descriptor: Descriptor,
  diffId: string,
): Promise<Outcome<void>> {
  const { digest, mediaType, size } = descriptor;
  if (mediaType !== LAYER_GZIP && mediaType !== LAYER_TAR)
    return layoutInvalid(`${mediaType} is no kind of layer here`);
  const blob = await openPlain(blobPath(layout, digest));
  if (!blob) return layoutInvalid(`${digest} is missing`);
  const packed = new Meter();
  const unpacked = new Meter();
  const sink = new Writable({
    write(_chunk, _encoding, done) {
      done(
        unpacked.size > UNPACKED_LIMIT ? new Error(`it unpacks to more than ${UNPACKED_LIMIT} bytes`) : null,
      );
    },
  });
  try {
    if (mediaType === LAYER_GZIP) await pipeline(blob.stream(), packed, createGunzip(), unpacked, sink);
    else await pipeline(blob.stream(), packed, unpacked, sink);
  } catch (error) {
    return layoutInvalid(`${digest}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await blob.close().catch(() => {});
  }
  if (packed.digest !== digest || packed.size !== size)
    return layoutInvalid(`${digest} does not have that digest`);
  if (unpacked.digest !== diffId) return layoutInvalid(`${digest} does not unpack to ${diffId}`);
  return undefined;
}
