import { z } from 'zod';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER_TAR = 'application/vnd.oci.image.layer.v1.tar';
export const LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';

export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const Descriptor = z.object({
  mediaType: z.string(),
  digest: Digest,
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** OCI image manifest, one platform; indexes of several platforms are not used here. */
export const Manifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.literal(MANIFEST).optional(),
  config: Descriptor,
  layers: z.array(Descriptor).max(127),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Manifest = z.infer<typeof Manifest>;

const strings = z.array(z.string()).nullish();

/** The part of an OCI image configuration that says how to run the image. */
export const RunConfig = z.object({
  User: z.string().optional(),
  Env: strings,
  Entrypoint: strings,
  Cmd: strings,
  WorkingDir: z.string().optional(),
  ExposedPorts: z.record(z.string(), z.object({})).nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().optional(),
});
export type RunConfig = z.infer<typeof RunConfig>;

export const ImageConfigFile = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  created: z.string().optional(),
  config: RunConfig.loose().optional(),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: z.array(Digest) }),
  history: z.array(z.looseObject({ created: z.string().optional() })).optional(),
});
export type ImageConfigFile = z.infer<typeof ImageConfigFile>;

export const Index = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z.array(Descriptor.loose()).length(1),
});
