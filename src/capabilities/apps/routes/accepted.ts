import { z } from 'zod';

/** What a change answers: who wants to know how it goes follows the operation. */
export const Accepted = z.object({
  operationId: z.uuid().meta({ description: 'Follow it at /v1/operations/{id}/events' }),
});
