import { z } from 'zod';
import { bootstrapRefused, signInThrottled } from '../capabilities/access/errors.ts';
import { withTenant } from '../db/transaction.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { refuse } from './answer.ts';
import { sourceAddress } from './guard.ts';
import { refuseUnfitText, responses } from './json.ts';
import type { PublicRow } from './route.ts';
import type { Frame, Server } from './server.ts';
import type { Throttle } from './throttle.ts';

const FAILED_SIGN_IN = bootstrapRefused().code;

/** A row for anybody. Failed attempts to sign in are counted by address. */
export function mountPublic(app: Server, parts: Frame, throttle: Throttle, row: PublicRow): void {
  app.route({
    method: row.method,
    url: row.path,
    schema: {
      querystring: z.strictObject({}),
      ...(row.body ? { body: row.body } : {}),
      response: responses(row),
    },
    preHandler: refuseUnfitText,
    handler: async (request, reply) => {
      const now = parts.now();
      const address = sourceAddress(request);
      const seconds = throttle.wait(address ?? 'unknown', now.getTime());
      if (row.body && seconds > 0) return refuse(reply, signInThrottled(seconds));
      const outcome = await row.handler(
        {
          now,
          requestId: request.id,
          sourceAddress: address,
          attempts: parts.attempts,
          signIn: (fn) => withTenant(parts.db, { signIn: true }, fn),
          operator: (fn) => withTenant(parts.db, { operator: true }, fn),
        },
        { body: request.body } as Parameters<typeof row.handler>[1],
      );
      if (!isRefusal(outcome)) return reply.code(row.status ?? 200).send(outcome);
      if (outcome.code === FAILED_SIGN_IN) throttle.failed(address ?? 'unknown', now.getTime());
      return refuse(reply, outcome);
    },
  });
}
