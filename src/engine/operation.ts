import type { Failure } from '../kernel/operation.ts';

export { Failure } from '../kernel/operation.ts';

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
  readonly failure: Failure | null;
  readonly cancelRequested: boolean;
  /** The grant of staff access under which it was asked for: what it opens is recorded. */
  readonly grant?: string;
}
