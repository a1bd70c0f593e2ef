import { z } from 'zod';
import { SessionOptions } from '../../kernel/terminal.ts';
import { Version } from './model.ts';

/** Inputs of the operations on databases. What they want is in the rows; an input says which. */
export const DatabasesInput = {
  one: z.object({ databaseId: z.uuid() }),
  session: SessionOptions.extend({ databaseId: z.uuid(), target: z.string() }),
  destroy: z.object({ databaseId: z.uuid(), backup: z.boolean() }),
  attachment: z.object({ databaseId: z.uuid(), attachmentId: z.uuid() }),
  /** The generation that is to be in use. */
  rotate: z.object({ databaseId: z.uuid(), generation: z.int().min(1) }),
  extension: z.object({ databaseId: z.uuid(), extension: z.string().max(63), on: z.boolean() }),
  fork: z.object({ databaseId: z.uuid(), from: z.uuid() }),
  upgrade: z.object({ databaseId: z.uuid(), version: Version, backup: z.boolean() }),
} as const;
