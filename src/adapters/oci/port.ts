import type { ImageConfigFile, Manifest } from './model.ts';

/**
 * Images as files: the OCI image layout (image-spec 1.0), tars and the archive that `docker load` reads. No program
 * is driven here, so there is no fake: what is read back is the proof. Promises: the same input gives the same bytes
 * (times are fixed, owners are root, nothing is taken from the clock or the machine); whatever is read may have been
 * written by an enemy, so no link is followed, every digest is checked, and what does not hold is a refusal
 * (`image_layout_invalid`, `image_layer_refused`).
 *
 * - `readLayout` in layout-read.ts, `checkLayerBlob` in check-blob.ts, `checkAppLayers` in check-layer.ts: looking
 * - `writeLayer` and `finishLayout` in layout-write.ts, `appendLayer` in append.ts: making
 * - `rewriteTar` in rewrite.ts: pruning a root file system on its way
 * - `toDockerArchive` in docker-archive.ts: handing over to the engine
 */
export interface ReadLayout {
  readonly layout: string;
  readonly manifestDigest: string;
  readonly manifest: Manifest;
  readonly config: ImageConfigFile;
}

export interface Appended {
  readonly layout: string;
  readonly manifestDigest: string;
  readonly diffIds: readonly string[];
}
