import { z } from 'zod';
import { Failure, OperationStatus } from '../../engine/operation.ts';

export const OperationParams = z.strictObject({
  operation: z.uuid().meta({ description: 'Id of the operation, as the change answered it' }),
});

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
export const OutputChunk = z.object({ source: z.string(), data: z.string() });

/** What the client types into a stream: `data`, or the end of its input. */
export const Input = z.strictObject({
  source: z.enum(['stdin', 'end', 'resize']).default('stdin'),
  data: z.string().max(65_536).default(''),
});

export const ListQuery = z.strictObject({
  app: z.string().max(64).optional().meta({ description: 'Only those of this app' }),
  status: OperationStatus.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});
export type ListQuery = z.infer<typeof ListQuery>;

export const ended = (status: OperationStatus): boolean => status !== 'queued' && status !== 'running';
