import { isRefusal } from '../../kernel/refusal.ts';
import { checkLayerBlob } from '../oci/check-blob.ts';
import { sha256 } from '../oci/hash.ts';
import { readLayout } from '../oci/layout-read.ts';
import type { ImageConfigFile, Manifest } from '../oci/model.ts';
import { compose, isRepository, toImageConfig } from './compose.ts';
import { imageMissing, registryRefused } from './errors.ts';
import type { ImageRef, Registry } from './port.ts';

interface Kept {
  readonly manifest: Manifest;
  readonly config: ImageConfigFile;
}

/** A registry in memory: it keeps manifests and configurations, and checks layers without keeping them. */
export function memoryRegistry(host = '10.200.0.1:5443'): Registry {
  const images = new Map<string, Kept>();
  const key = ({ repository, digest }: ImageRef) => `${repository}@${digest}`;
  return {
    host,
    async push(layout, repository, base) {
      if (!isRepository(repository)) return registryRefused('use the name', 400, repository);
      const read = await readLayout(layout);
      if (isRefusal(read)) return read;
      const below = base && images.get(key(base));
      if (base && !below) return imageMissing(key(base));
      const composed = compose(read.manifest, read.config, base && below && { ref: base, ...below });
      if (isRefusal(composed)) return composed;
      for (const { descriptor, diffId } of composed.ownLayers) {
        const checked = await checkLayerBlob(layout, descriptor, diffId);
        if (isRefusal(checked)) return checked;
      }
      const digest = sha256(JSON.stringify(composed.manifest));
      images.set(key({ repository, digest }), { manifest: composed.manifest, config: read.config });
      return { repository, digest };
    },
    async config(image) {
      const kept = images.get(key(image));
      return kept ? toImageConfig(kept.config) : imageMissing(key(image));
    },
    exists: async (image) => images.has(key(image)),
    remove: async (image) => {
      images.delete(key(image));
      return undefined;
    },
  };
}
