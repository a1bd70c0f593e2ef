import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import * as errors from './errors.ts';
import type { Row } from './route.ts';
import type { LogEntry } from './server.ts';
import { statusOf } from './status.ts';

/** The one form of every failure. */
export const ErrorBody = z.object({
  error: z.object({
    code: z
      .string()
      .meta({ description: 'Stable; explained in docs/reference/errors.md', example: 'app_not_found' }),
    message: z.string(),
    next: z.string().meta({ description: 'What to do now' }),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** Answers with a refusal. */
export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const status = statusOf(refusal.code);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const seconds = refusal.details?.seconds;
  if (status === 429 && typeof seconds === 'number') reply.header('retry-after', seconds);
  if (refusal.code === 'method_not_allowed')
    reply.header('allow', refusal.next.slice(4, -1).replaceAll(' or ', ', '));
  return reply.code(status).type('application/json').send({ error: refusal.toJSON() });
}

const BROKEN_CONNECTION = /^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|57P0[123]|08\d{3}|53300)$/;

/** A key of a record says what is wrong with it one level deeper. */
function wordsOf(issue: { readonly message?: string; readonly params?: object }): string {
  const { issues } = (issue.params ?? {}) as { issues?: readonly { message?: string }[] };
  return issues?.[0]?.message ?? issue.message ?? 'is not valid';
}

/** What a thrown thing means to the client. Only a bug of ours is internal. */
export function refusalOf(error: unknown, requestId: string): Refusal {
  if (isRefusal(error)) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const place = error.validationContext ?? 'request';
    return errors.requestInvalid(
      error.validation.slice(0, 10).map((issue) => ({
        path: `${place}${issue.instancePath.replaceAll('/', '.')}`.slice(0, 200),
        message: wordsOf(issue).slice(0, 200),
      })),
    );
  }
  const { code, statusCode, syscall } = error as FastifyError & { syscall?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return errors.requestTooLarge(1024 * 1024);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return errors.contentTypeUnsupported('application/json');
  if (code === 'FST_ERR_NOT_FOUND') return errors.routeNotFound();
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return errors.requestMalformed();
  if (BROKEN_CONNECTION.test(code ?? '') && (syscall === undefined || syscall === 'connect'))
    return errors.databaseUnavailable();
  return errors.internalError(requestId);
}

/** Answers what was thrown; a bug is logged whole and told as a request id only. */
export const answerErrors =
  (parts: { readonly log: (entry: LogEntry) => void }) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = refusalOf(error, request.id);
    if (statusOf(refusal.code) >= 500)
      parts.log({
        requestId: request.id,
        method: request.method,
        route: request.routeOptions?.url ?? '-',
        status: statusOf(refusal.code),
        ms: 0,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    refuse(reply, refusal);
  };

/** 404, or 405 where the address takes other methods. */
export function answerMissing(rows: readonly Row[]) {
  const known = rows.map((row) => ({
    method: row.method,
    pattern: new RegExp(`^${row.path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`),
  }));
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const path = request.url.split('?')[0]!;
    const allowed = [
      ...new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
    ];
    refuse(reply, allowed.length > 0 ? errors.methodNotAllowed(allowed) : errors.routeNotFound());
  };
}
