import type { Transaction } from 'kysely';
import type { Database } from '../db/schema.ts';
import { newId } from '../kernel/id.ts';

export interface Request {
  /** `capability.verb`, for example `apps.deploy`. */
  readonly kind: string;
  /** Operations with the same target run one after the other. */
  readonly target: string;
  readonly organizationId: string | null;
  readonly projectId?: string | null;
  readonly appId?: string | null;
  readonly input: unknown;
  readonly actor: string;
  readonly reason?: string | null;
  readonly requestId?: string | null;
  /** The grant of staff access under which it is asked for. */
  readonly grant?: string | null;
}

/**
 * The one entrance to every change: the operation and its audit line, in the caller's transaction, together with
 * the wanted state that the caller has written. Scheduler, drift check, API and webhooks all come through here.
 */
export async function submit(tx: Transaction<Database>, request: Request): Promise<{ operationId: string }> {
  const operationId = newId();
  await tx
    .insertInto('operations')
    .values({
      id: operationId,
      organization_id: request.organizationId,
      project_id: request.projectId ?? null,
      app_id: request.appId ?? null,
      kind: request.kind,
      target: request.target,
      input: JSON.stringify(request.input ?? {}),
      requested_by: request.actor,
      reason: request.reason ?? null,
      request_id: request.requestId ?? null,
      grant_id: request.grant ?? null,
    })
    .execute();
  await tx
    .insertInto('audit_log')
    .values({
      actor: request.actor,
      action: request.kind,
      target: request.target,
      organization_id: request.organizationId,
      outcome: 'allowed',
      reason: request.reason ?? null,
      request_id: request.requestId ?? null,
      operation_id: operationId,
      detail: JSON.stringify(request.grant ? { grant: request.grant } : {}),
    })
    .execute();
  return { operationId };
}
