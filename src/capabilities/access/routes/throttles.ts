import { z } from 'zod';
import { type Row, route } from '../../../api/route.ts';
import { ThrottleReset, ThrottleView } from '../model/throttles.ts';
import { listThrottles, resetThrottles } from '../store/throttles.ts';

const SHOWN = 200;
const named = z.enum(['pair', 'account', 'network', 'address']);

/** Who guesses, and what an operator takes back of it. */
export const throttleRoutes: readonly Row[] = [
  route({
    method: 'GET',
    path: '/v1/platform/throttles',
    operationId: 'listThrottles',
    permission: { action: 'throttles:read', resource: 'platform' },
    summary: 'Who tries passwords, codes and tokens, and who has to wait; those who wait come first',
    response: z.object({ throttles: z.array(ThrottleView) }),
    handler: async ({ db, now }) => ({
      throttles: (await listThrottles(db, now, SHOWN)).map((row) => ({
        door: row.door,
        kind: named.parse(row.kind),
        account: row.account || null,
        network: row.network || null,
        tries: row.tries,
        refused: row.refused,
        lastAt: row.last_at.toISOString(),
        blockedUntil: row.blocked_until && row.blocked_until > now ? row.blocked_until.toISOString() : null,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/platform/throttles/reset',
    operationId: 'forgetThrottles',
    permission: { action: 'throttles:reset', resource: 'platform', stepUp: true },
    summary: 'Forget what was counted of an account or a network: it waits no longer',
    body: ThrottleReset,
    response: z.object({ reset: z.int().meta({ description: 'How many counts were forgotten' }) }),
    handler: async ({ db }, { body }) => ({ reset: await resetThrottles(db, body) }),
  }),
];
