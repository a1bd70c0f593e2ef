import type { Judgement } from './judgement.ts';

/** The doctor's findings for people: what is, and under it what to do. */
export function printJudgements(judgements: readonly Judgement[]): string {
  return judgements
    .map(({ id, level, found, next }) => {
      const line = `  ${level.padEnd(5)} ${id.padEnd(14)} ${found}`;
      return next ? `${line}\n${' '.repeat(23)}-> ${next}` : line;
    })
    .join('\n');
}

/** 0: nothing to do. 1: something stops Bastide from running. Warnings do not. */
export const exitCodeOf = (judgements: readonly Judgement[]): number =>
  judgements.some(({ level }) => level === 'fail') ? 1 : 0;
