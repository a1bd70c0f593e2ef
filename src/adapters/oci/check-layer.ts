import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { layerRefused, layoutInvalid } from './errors.ts';
import { objection } from './layer-rules.ts';
import { blobPath, openPlain, readLayout } from './layout-read.ts';
import { type Descriptor, LAYER_GZIP } from './model.ts';

const MOST_FINDINGS = 50;
const MOST_ENTRIES = 2_000_000;

/**
 * Looks at every member of one layer. Refusals: `image_layer_refused` with what was found, `image_layout_invalid`.
 * Says how many members there are otherwise.
 */
export async function checkLayer(
  layout: string,
  { digest, mediaType }: Descriptor,
): Promise<Outcome<number>> {
  const blob = await openPlain(blobPath(layout, digest));
  if (!blob) return layoutInvalid(`${digest} is missing`);
  const findings: string[] = [];
  let entries = 0;
  const members = extract();
  const zipped = mediaType === LAYER_GZIP;
  const reading = zipped
    ? pipeline(blob.stream(), createGunzip(), members)
    : pipeline(blob.stream(), members);
  reading.catch(() => {});
  try {
    for await (const entry of members) {
      entries += 1;
      const { name, type, mode, linkname } = entry.header;
      const found = objection({ name, type: type ?? null, mode, linkname });
      if (found && findings.length < MOST_FINDINGS) findings.push(found);
      (entry as unknown as Readable).resume();
      if (entries > MOST_ENTRIES) return layoutInvalid(`${digest} has more than ${MOST_ENTRIES} members`);
    }
    await reading;
  } catch (error) {
    return layoutInvalid(`${digest}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await blob.close().catch(() => {});
  }
  return findings.length > 0 ? layerRefused(findings, entries) : entries;
}

/**
 * Checks all layers of an image above its stack's. Base layers are not looked at: they come from the stack itself.
 * Refusals: `image_layer_refused`, `image_layout_invalid`.
 */
export async function checkAppLayers(layout: string, stackLayers: number): Promise<Outcome<number>> {
  const read = await readLayout(layout);
  if (isRefusal(read)) return read;
  let entries = 0;
  for (const descriptor of read.manifest.layers.slice(stackLayers)) {
    const checked = await checkLayer(layout, descriptor);
    if (isRefusal(checked)) return checked;
    entries += checked;
  }
  return entries;
}
