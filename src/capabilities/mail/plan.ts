import { type Step, stepsOf } from '../../kernel/step.ts';

const step = stepsOf('mail');
const MINUTE = 60_000;
/** Tries after which nobody tries any more: about a day. */
const MOST = 14;

/** PURE. Milliseconds until the next try after so many; undefined: no more. */
export const pause = (tries: number): number | undefined =>
  tries >= MOST ? undefined : Math.min(2 ** (tries - 1), 128) * MINUTE;

/** Sends one letter to whoever asked, once. */
export const planTest = (accountId: string, tested: boolean, failed: boolean): readonly Step[] =>
  tested || failed ? [] : [step('test', accountId, 'Send yourself a letter', { accountId })];
