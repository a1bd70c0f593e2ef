import { z } from 'zod';
import { withTenant } from '../db/transaction.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { refuse } from './answer.ts';
import { sourceAddress } from './guard.ts';
import { guessed } from './guessed.ts';
import { refuseUnfitText, responses } from './json.ts';
import type { PublicRow } from './route.ts';
import type { Frame, Server } from './server.ts';

/** A row for anybody. What of it could be guessed is counted. */
export function mountPublic(app: Server, parts: Frame, row: PublicRow): void {
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
      const guesses = row.guesses === 'nothing' ? undefined : row.guesses;
      const who = { actor: undefined, body: request.body, address, now };
      const outcome = await guessed(parts.attempts, guesses, who, () =>
        row.handler(
          {
            now,
            requestId: request.id,
            sourceAddress: address,
            signIn: (fn) => withTenant(parts.db, { signIn: true }, fn),
            operator: (fn) => withTenant(parts.db, { operator: true }, fn),
          },
          { body: request.body } as Parameters<typeof row.handler>[1],
        ),
      );
      if (!isRefusal(outcome)) return reply.code(row.status ?? 200).send(outcome);
      return refuse(reply, outcome);
    },
  });
}
