import { z } from 'zod';

/** What the agent answers that was tried at the vaults; null: none is set up. */
export const VaultAttempts = z.object({
  attempts: z
    .array(
      z.object({
        vault: z.string(),
        attempt: z.string(),
        /** null: there is no end to tell of. */
        status: z.int().nullable(),
        /** Whether what was attacked is as it was; null: nobody looked. */
        intact: z.boolean().nullable(),
        said: z.string(),
      }),
    )
    .nullable(),
});
