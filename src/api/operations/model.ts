import { z } from 'zod';
import { OperationStatus } from '../../kernel/operation.ts';

export const OperationParams = z.strictObject({
  operation: z.uuid().meta({ description: 'Id of the operation, as the change answered it' }),
});

/** What the client types into a stream: `data`, or the end of its input. */
export const Input = z.strictObject({
  source: z.enum(['stdin', 'end', 'resize']).default('stdin'),
  data: z.string().max(65_536).default(''),
});

export const ListQuery = z.strictObject({
  app: z.string().max(64).optional().meta({ description: 'Only those of this app' }),
  status: OperationStatus.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});
export type ListQuery = z.infer<typeof ListQuery>;
