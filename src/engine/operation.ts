import { z } from 'zod';

export const OperationStatus = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type OperationStatus = z.infer<typeof OperationStatus>;

export const Failure = z.object({
  code: z
    .string()
    .meta({ description: 'Stable code, see the error reference', example: 'release_unhealthy' }),
  message: z.string(),
  next: z.string().meta({ description: 'What to do now' }),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** A piece of work that somebody asked for: what the agent claims, performs and records. */
export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly organizationId: string | null;
  readonly projectId: string | null;
  readonly appId: string | null;
  readonly input: unknown;
  readonly requestedBy: string;
  readonly attempts: number;
  /** What went wrong so far: the plan now is the clean-up. */
  readonly failure: z.infer<typeof Failure> | null;
  readonly cancelRequested: boolean;
}
