import { z } from 'zod';
import type { Provenance } from './port.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const digestSet = z.record(z.string(), z.string());

/** in-toto Statement v1 with a SLSA v1 provenance, as far as we write and read it. */
export const Statement = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z
    .array(z.object({ name: z.string(), digest: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) }))
    .length(1),
  predicateType: z.literal('https://slsa.dev/provenance/v1'),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: z.string(),
      externalParameters: z.object({ source: z.object({ uri: z.string(), digest: digestSet }) }),
      resolvedDependencies: z
        .array(
          z.object({
            uri: z.string(),
            digest: z.object({ sha256: z.string() }),
            annotations: z.object({ name: z.string(), version: z.string() }),
          }),
        )
        .length(1),
    }),
    runDetails: z.object({
      builder: z.object({ id: z.string() }),
      metadata: z.object({ invocationId: z.string(), startedOn: z.string(), finishedOn: z.string() }),
    }),
  }),
});
export type Statement = z.infer<typeof Statement>;

const bare = (digest: string): string => digest.replace(/^sha256:/, '');

/** Provenance as the statement that is signed (SLSA v1.0 provenance, in-toto attestation v1). */
export function toStatement(from: Provenance): Statement {
  const { name, version, digest } = from.stack;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: from.image.repository, digest: { sha256: bare(from.image.digest) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: from.buildType,
        externalParameters: { source: { uri: from.source.uri, digest: { ...from.source.digest } } },
        resolvedDependencies: [
          {
            uri: `oci:stacks/${name}@${version}`,
            digest: { sha256: bare(digest) },
            annotations: { name, version },
          },
        ],
      },
      runDetails: {
        builder: { id: from.builder },
        metadata: { invocationId: from.invocation, startedOn: from.startedAt, finishedOn: from.finishedAt },
      },
    },
  };
}

/** The other way round. */
export function fromStatement({ subject, predicate }: Statement): Provenance {
  const { buildDefinition, runDetails } = predicate;
  const image = subject[0]!;
  const stack = buildDefinition.resolvedDependencies[0]!;
  return {
    image: { repository: image.name, digest: `sha256:${image.digest.sha256}` },
    buildType: buildDefinition.buildType,
    source: buildDefinition.externalParameters.source,
    stack: { ...stack.annotations, digest: `sha256:${stack.digest.sha256}` },
    builder: runDetails.builder.id,
    invocation: runDetails.metadata.invocationId,
    startedAt: runDetails.metadata.startedOn,
    finishedAt: runDetails.metadata.finishedOn,
  };
}
