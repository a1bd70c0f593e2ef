import { z } from 'zod';

/** What is counted of tries at something that can be guessed. */
export const ThrottleView = z.object({
  door: z.string().meta({ description: 'What was tried', example: 'password' }),
  kind: z
    .enum(['pair', 'account', 'network', 'address'])
    .meta({ description: 'Of an account from a network, of an account, of a network, of one address' }),
  account: z.string().nullable().meta({ description: 'The account, as it was typed or is called' }),
  network: z.string().nullable().meta({ description: '/24, /64 or one address' }),
  tries: z.int().meta({ description: 'Tries that were judged' }),
  refused: z.int().meta({ description: 'Tries that were turned away meanwhile' }),
  lastAt: z.string().meta({ description: 'When somebody last tried' }),
  blockedUntil: z
    .string()
    .nullable()
    .meta({ description: 'Until when tries are turned away; null: they are not' }),
});

export const ThrottleReset = z
  .strictObject({
    account: z
      .string()
      .min(1)
      .max(254)
      .optional()
      .meta({ description: 'Name or e-mail address of an account' }),
    network: z
      .string()
      .regex(/^[0-9a-fA-F.:]{2,45}(\/(24|64))?$/)
      .optional()
      .meta({ description: 'An address or its network', example: '203.0.113.0/24' }),
  })
  .refine(({ account, network }) => account !== undefined || network !== undefined, {
    message: 'give an account, a network or both',
  });
