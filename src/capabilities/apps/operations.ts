import { z } from 'zod';
import { SessionOptions } from '../../kernel/terminal.ts';

/** Input of an operation that makes a release (apps.deploy, apps.release). */
export const ReleaseInput = z.discriminatedUnion('from', [
  z.object({ from: z.literal('source'), description: z.string() }),
  z.object({ from: z.literal('image'), digest: z.string(), description: z.string() }),
  /** The build that is live, with the config vars of now. */
  z.object({ from: z.literal('live'), description: z.string() }),
  /** An earlier release as it was; null: the one before. */
  z.object({ from: z.literal('rollback'), version: z.int().nullable(), description: z.string() }),
]);
export type ReleaseInput = z.infer<typeof ReleaseInput>;

/** Input of a command in a container of its own (apps.run, apps.cron). */
export const RunInput = z.object({ command: z.array(z.string()).min(1), seconds: z.int().default(3600) });

/** Input of a command that a person's terminal is joined to (apps.session). */
export const SessionInput = SessionOptions.extend({
  command: z.array(z.string()).min(1),
  target: z.string(),
});

/** Input of apps.logs. */
export const LogsInput = z.object({
  process: z.string().nullable(),
  tail: z.int().min(0).max(10_000),
  follow: z.boolean(),
});

export { appTarget } from './model.ts';
