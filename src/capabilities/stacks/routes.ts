import { z } from 'zod';
import { route } from '../../api/route.ts';
import { stackUnknown } from './errors.ts';
import { StackName, StackSummary } from './model.ts';
import * as store from './store.ts';

const Versions = z.object({
  stacks: z.array(StackSummary).describe('The newest version of each stack first'),
});

export const stackRoutes = [
  route({
    method: 'GET',
    path: '/v1/stacks',
    operationId: 'listStacks',
    permission: { action: 'stacks:read', resource: 'platform' },
    summary: 'The stacks that apps are built on, with their versions',
    response: Versions,
    handler: async (ctx) => ({ stacks: await store.listStacks(ctx.db) }),
  }),
  route({
    method: 'GET',
    path: '/v1/stacks/:stack',
    operationId: 'getStack',
    permission: { action: 'stacks:read', resource: 'platform' },
    summary: 'The versions of one stack',
    params: z.strictObject({ stack: StackName }),
    response: Versions,
    handler: async (ctx, { params }) => {
      const stacks = await store.listStacks(ctx.db, params.stack);
      if (stacks.length > 0) return { stacks };
      const known = new Set((await store.listStacks(ctx.db)).map(({ name }) => name));
      return stackUnknown(params.stack, [...known]);
    },
  }),
];
