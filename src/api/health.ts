import { z } from 'zod';
import { publicRoute, type Row } from './route.ts';

/** The edge polls this; a row that cannot read the database does not count as up. */
export const healthRoute: Row = publicRoute({
  method: 'GET',
  path: '/up',
  operationId: 'health',
  permission: 'public',
  summary: 'Whether the API is up and reaches its database',
  response: z.object({ status: z.literal('up') }),
  handler: async (ctx) => {
    await ctx.signIn(async () => undefined);
    return { status: 'up' as const };
  },
});
