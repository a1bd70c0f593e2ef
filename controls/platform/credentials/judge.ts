import { z } from 'zod';
import { Attempt } from '../../contract/attempts.ts';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  /** What the agent counts; null where the attack did not come so far. */
  facts: z
    .object({
      /** Accounts that have a password or a passkey. */
      people: z.int(),
      /** Whole sessions in which no second factor was proven. */
      bare: z.int(),
      /** Tokens for longer than a year, sessions for longer than a month. */
      overlong: z.int(),
    })
    .nullable(),
  attempts: z.array(Attempt),
  /** Whether a token that is good was good, so that a refusal is one. */
  works: z.boolean(),
});

const SAID = {
  bare: 'whole sessions without a second factor',
  overlong: 'sessions or tokens that live too long',
} as const;

export const judge = judging(World, ({ facts, attempts, works }) => {
  const through = attempts.filter(({ refused }) => refused === false);
  if (through.length > 0) return broken(`taken: ${few(through.map(({ what }) => what))}`);
  for (const [key, said] of Object.entries(SAID)) {
    const count = facts?.[key as keyof typeof SAID] ?? 0;
    if (count > 0) return broken(`${count} ${said}`);
  }
  if (!works || facts === null) return inconclusive('a token that should be good was not');
  if (attempts.length === 0) return inconclusive('nothing was tried');
  if (attempts.some(({ refused }) => refused === null))
    return inconclusive('the API did not answer an attempt');
  return held(`${attempts.length} attempts refused; ${facts.people} people, each with a second factor`);
});
