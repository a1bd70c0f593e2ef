import type { z } from 'zod';

/** `inconclusive` is never taken for held; `not-applicable`: the platform has nothing of the kind. */
export const VERDICTS = ['held', 'broken', 'inconclusive', 'not-applicable'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  readonly verdict: Verdict;
  /** A sentence for people: what was seen that decides it. */
  readonly reason: string;
}

export const held = (reason: string): Judgement => ({ verdict: 'held', reason });
export const broken = (reason: string): Judgement => ({ verdict: 'broken', reason });
export const inconclusive = (reason: string): Judgement => ({ verdict: 'inconclusive', reason });
export const notApplicable = (reason: string): Judgement => ({ verdict: 'not-applicable', reason });

/** PURE. A judge that reads its world by a schema first: what does not fit is inconclusive, whatever it is. */
export const judging =
  <S extends z.ZodType>(schema: S, judge: (world: z.output<S>) => Judgement) =>
  (world: unknown): Judgement => {
    const read = schema.safeParse(world);
    if (read.success) return judge(read.data);
    const first = read.error.issues[0];
    return inconclusive(
      `unreadable: ${first?.path.join('.') || 'the world'}: ${first?.message ?? 'no form'}`,
    );
  };

/** A few of many, for a sentence. */
export const few = (all: readonly string[]): string =>
  all.length <= 4 ? all.join(', ') : `${all.slice(0, 4).join(', ')} and ${all.length - 4} more`;
