import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { denied } from '../capabilities/access/errors.ts';
import { append } from '../capabilities/audit/store.ts';
import { exceeded } from '../capabilities/quotas/exceeded.ts';
import { type TenantDb, withTenant } from '../db/transaction.ts';
import { queueFull } from '../engine/queue.ts';
import { submit } from '../engine/submit.ts';
import { isRefusal, type Outcome, type Refusal } from '../kernel/refusal.ts';
import { ErrorBody, refuse } from './answer.ts';
import { requestInvalid } from './errors.ts';
import { because, type Guard, type Guarded, type GuardedRow, lineOf, mutating } from './guard.ts';
import { guessed } from './guessed.ts';
import type { Context, RouteRow, Scopes, Work } from './route.ts';
import type { Frame, Server } from './server.ts';
import { unfitText } from './text.ts';

/** Carries a refusal out of a transaction, so that it rolls back. */
class Rollback extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export const responses = (row: { readonly response: z.ZodType; readonly status?: number }) => ({
  [row.status ?? 200]: row.response,
  '4xx': ErrorBody,
  '5xx': ErrorBody,
});

/** Refuses text that the database cannot hold, after the schemas have had their say. */
export async function refuseUnfitText(request: FastifyRequest): Promise<void> {
  const at = unfitText(request.body) ?? unfitText(request.query);
  if (at !== undefined)
    throw requestInvalid([{ path: at, message: 'holds characters that cannot be stored' }]);
}

function contextOf(parts: Frame, db: TenantDb, guarded: Guarded, requestId: string): Context {
  const scope = guarded.found.scope as Partial<Scopes['app']>;
  return {
    db,
    decide: parts.decide,
    actor: guarded.actor,
    scope: guarded.found.scope,
    now: guarded.now,
    requestId,
    sourceAddress: guarded.sourceAddress,
    reason: guarded.reason,
    grant: guarded.grant,
    submit: async (work: Work) => {
      const organizationId =
        work.organizationId === undefined ? (scope.organizationId ?? null) : work.organizationId;
      const actor = guarded.actor.name;
      const full = organizationId && (await queueFull(db, { kind: work.kind, organizationId, actor }));
      if (full) throw new Rollback(full);
      return submit(db, {
        kind: work.kind,
        target: work.target,
        input: work.input,
        organizationId,
        projectId: work.projectId ?? scope.projectId ?? null,
        appId: work.appId ?? scope.appId ?? null,
        actor,
        reason: guarded.reason ?? null,
        requestId,
        grant: guarded.grant ?? null,
      });
    },
  };
}

/**
 * Runs a handler in one transaction with its audit line. A refusal takes everything back, and is then written down
 * as a change that failed.
 */
export async function perform<T>(
  parts: Frame,
  row: GuardedRow,
  request: FastifyRequest,
  handler: (ctx: Context) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const guarded = request.guarded!;
  const entry = lineOf(row, guarded, request.id);
  try {
    return await withTenant(parts.db, guarded.found.tenant, async (tx) => {
      if (mutating(row)) await append(tx, { ...entry, outcome: 'allowed', detail: because(guarded) });
      const outcome = await handler(contextOf(parts, tx, guarded, request.id));
      if (isRefusal(outcome)) throw new Rollback(outcome);
      return outcome;
    });
  } catch (error) {
    // The second wall: the grant has ended since it was asked, or what is wanted is not of it.
    if (guarded.grant !== undefined && (error as { code?: unknown }).code === '42501')
      return denied(row.permission.action, 'not under this grant');
    const refusal = error instanceof Rollback ? error.refusal : exceeded(error);
    if (!refusal) throw error;
    if (mutating(row))
      await withTenant(parts.db, guarded.found.tenant, (tx) =>
        append(tx, {
          ...entry,
          outcome: 'failed',
          detail: { ...because(guarded), code: refusal.code },
        }),
      );
    return refusal;
  }
}

/** A row that answers with JSON. */
export function mountJson(app: Server, parts: Frame, row: RouteRow, guard: Guard): void {
  app.route({
    method: row.method,
    url: row.path,
    schema: {
      ...(row.params ? { params: row.params } : {}),
      querystring: row.query ?? z.strictObject({}),
      ...(row.body ? { body: row.body } : {}),
      response: responses(row),
    },
    onRequest: guard,
    preHandler: [refuseUnfitText, guard],
    handler: async (request, reply) => {
      const { params, query, body } = request;
      const { actor, now, sourceAddress: address } = request.guarded!;
      const outcome = await guessed(parts.attempts, row.guesses, { actor, body, address, now }, () =>
        perform(parts, row, request, (ctx) =>
          row.handler(ctx, { params, query, body } as Parameters<typeof row.handler>[1]),
        ),
      );
      if (isRefusal(outcome)) return refuse(reply, outcome);
      return reply.code(row.status ?? 200).send(outcome);
    },
  });
}
