import type { Outcome } from '../../kernel/refusal.ts';
import { type Descriptor, Digest, type ImageConfigFile, MANIFEST, type Manifest } from '../oci/model.ts';
import { imageNotOnStack } from './errors.ts';
import type { ImageConfig, ImageRef } from './port.ts';

export interface BaseImage {
  readonly ref: ImageRef;
  readonly manifest: Manifest;
  readonly config: ImageConfigFile;
}

export interface Composed {
  /** What is pushed as the image's manifest. */
  readonly manifest: Manifest;
  /** Layers that come from the base, to be mounted. */
  readonly baseLayers: readonly Descriptor[];
  /** Layers that come from the layout, to be checked and uploaded, each with its diff id. */
  readonly ownLayers: readonly { readonly descriptor: Descriptor; readonly diffId: string }[];
}

/**
 * Works out what to push. With a base, its layers replace those of the layout, which only claims to have them:
 * the diff ids must begin with the base's. Refusals: `image_not_on_stack`.
 */
export function compose(
  manifest: Manifest,
  config: ImageConfigFile,
  base: BaseImage | undefined,
): Outcome<Composed> {
  const diffIds = config.rootfs.diff_ids;
  const below = base?.config.rootfs.diff_ids ?? [];
  if (base && !below.every((diffId, index) => diffId === diffIds[index]))
    return imageNotOnStack(base.ref.repository);
  const baseLayers = base?.manifest.layers ?? [];
  const own = manifest.layers.slice(below.length);
  return {
    manifest: {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: manifest.config,
      layers: [...baseLayers, ...own],
      ...(base
        ? {
            annotations: {
              'org.opencontainers.image.base.name': base.ref.repository,
              'org.opencontainers.image.base.digest': base.ref.digest,
            },
          }
        : {}),
    },
    baseLayers,
    ownLayers: own.map((descriptor, index) => ({ descriptor, diffId: diffIds[below.length + index]! })),
  };
}

/** An image configuration in the port's words. */
export function toImageConfig({ config, rootfs }: ImageConfigFile): ImageConfig {
  return {
    user: config?.User ?? '',
    env: config?.Env ?? [],
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    workingDir: config?.WorkingDir ?? '/',
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}),
    labels: config?.Labels ?? {},
    diffIds: rootfs.diff_ids,
  };
}

const REPOSITORY = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

export const isRepository = (name: string): boolean => name.length <= 200 && REPOSITORY.test(name);

/** Whether a reference may go into a path: anything else would be asked for under another name. */
export const isRef = ({ repository, digest }: ImageRef): boolean =>
  isRepository(repository) && Digest.safeParse(digest).success;
