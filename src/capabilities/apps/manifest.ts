import { z } from 'zod';
import { SourcePlan } from './source/model.ts';

/** What is kept of a source once it was read: enough to build it again and to make releases of it. */
export const Manifest = z.object({
  plan: SourcePlan,
  /** Where it came from, as provenance says it. */
  origin: z.object({ uri: z.string(), digest: z.record(z.string(), z.string()) }),
});
export type Manifest = z.infer<typeof Manifest>;

/** The manifest of a build row, parsed again: what is stored is not trusted. */
export const manifestOf = (build: { manifest: unknown }): Manifest | null =>
  build.manifest === null ? null : Manifest.parse(build.manifest);
