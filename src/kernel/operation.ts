import { z } from 'zod';

/** An operation as clients see it: the words that the API and the CLI share. */
export const OperationStatus = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type OperationStatus = z.infer<typeof OperationStatus>;

/** A refusal as it is stored and told. */
export const Failure = z.object({
  code: z
    .string()
    .meta({ description: 'Stable code, see the error reference', example: 'release_unhealthy' }),
  message: z.string(),
  next: z.string().meta({ description: 'What to do now' }),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Failure = z.infer<typeof Failure>;

export const OperationView = z.object({
  id: z.uuid(),
  kind: z.string().meta({ example: 'apps.deploy' }),
  app: z.string().nullable(),
  status: OperationStatus,
  requestedBy: z.string(),
  reason: z.string().nullable(),
  requestedAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  failure: Failure.nullable(),
  result: z.unknown(),
});
export type OperationView = z.infer<typeof OperationView>;

export const StepView = z.object({
  seq: z.int(),
  capability: z.string(),
  kind: z.string(),
  summary: z.string(),
  status: z.enum(['started', 'done', 'failed']),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  failure: Failure.nullable(),
});
export type StepView = z.infer<typeof StepView>;

export const LogLine = z.object({ at: z.iso.datetime(), source: z.string(), line: z.string() });
export type LogLine = z.infer<typeof LogLine>;

/** A piece of what a stream (logs -t, run) gives. */
export const OutputChunk = z.object({ source: z.string(), data: z.string() });
export type OutputChunk = z.infer<typeof OutputChunk>;

/** What a change answers with: who wants to know how it goes follows the operation. */
export const Accepted = z.object({
  operationId: z.uuid().meta({ description: 'Follow it at /v1/operations/{id}/events' }),
});

export const ended = (status: OperationStatus): boolean => status !== 'queued' && status !== 'running';
