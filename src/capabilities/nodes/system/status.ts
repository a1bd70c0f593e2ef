import { z } from 'zod';
import { type Refusal, refusalFrom } from '../../../kernel/refusal.ts';

/**
 * How far the agent's bring-up is: written to /run/bastide/status.json, followed by `npm start` and read by the
 * doctor.
 */
export const stageSchema = z.strictObject({
  name: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  error: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      next: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});
export const statusSchema = z.strictObject({
  /** Process that writes it, so that a reader knows whether it is still at work. */
  pid: z.int(),
  stages: z.array(stageSchema),
  ready: z.boolean(),
});
export type Stage = z.infer<typeof stageSchema>;
export type Status = z.infer<typeof statusSchema>;

/** What bring-up says of itself while it works. */
export type Report =
  | { readonly kind: 'started'; readonly name: string }
  | { readonly kind: 'finished'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly refusal: Refusal }
  | { readonly kind: 'ready' };

export const emptyStatus = (pid: number): Status => ({ pid, stages: [], ready: false });

/** The status after one more report; `at` is ISO UTC. A stage that starts again replaces its earlier self. */
export function withReport(status: Status, report: Report, at: string): Status {
  if (report.kind === 'ready') return { ...status, ready: true };
  const others = status.stages.filter((stage) => stage.name !== report.name);
  const now = status.stages.find((stage) => stage.name === report.name);
  if (report.kind === 'started') {
    return { ...status, ready: false, stages: [...others, { name: report.name, startedAt: at }] };
  }
  const startedAt = now?.startedAt ?? at;
  if (report.kind === 'finished') {
    return { ...status, stages: [...others, { name: report.name, startedAt, finishedAt: at }] };
  }
  const stage = { name: report.name, startedAt, error: report.refusal.toJSON() };
  return { ...status, ready: false, stages: [...others, stage] };
}

/** The stage that failed, as the refusal it was. */
export function failureOf(status: Status): Refusal | undefined {
  const error = status.stages.find((stage) => stage.error)?.error;
  return error && refusalFrom(error);
}
