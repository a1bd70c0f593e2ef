import { z } from 'zod';

/** Input of `keys.create-project`. */
export const CreateProjectKey = z.strictObject({ projectId: z.uuid() });

export const KeysStep = { createProjectKey: CreateProjectKey } as const;

/** What is known of a project's key. */
export interface KeyFacts {
  readonly projectExists: boolean;
  readonly keyExists: boolean;
  readonly recipientSet: boolean;
}
