import { z } from 'zod';
import { broken, few, held, inconclusive, type Judgement, judging } from './judging.ts';

/** Something that was tried and should have been refused. */
export const Attempt = z.object({
  what: z.string(),
  /** null: it could not be tried, or its end is not known. */
  refused: z.boolean().nullable(),
  said: z.string(),
});
export type Attempt = z.infer<typeof Attempt>;

/** A world of attempts. `works`: what has to succeed, so that a refusal is one and not a broken tool. */
export const Attempts = z.object({
  works: z.array(z.object({ what: z.string(), ok: z.boolean(), said: z.string() })),
  attempts: z.array(Attempt),
});

const names = (all: readonly { readonly what: string }[]): string => few(all.map(({ what }) => what));

/** PURE. Broken where anything got through; held only where everything was tried, refused, and the tools work. */
export function judgeAttempts({ works, attempts }: z.infer<typeof Attempts>): Judgement {
  const through = attempts.filter(({ refused }) => refused === false);
  if (through.length > 0) return broken(`got through: ${names(through)}`);
  const lame = works.filter(({ ok }) => !ok);
  if (lame.length > 0)
    return inconclusive(
      `does not work where it should: ${few(lame.map(({ what, said }) => `${what} (${said})`))}`,
    );
  if (works.length === 0) return inconclusive('nothing shows that the attack could have worked');
  if (attempts.length === 0) return inconclusive('nothing was tried');
  const unknown = attempts.filter(({ refused }) => refused === null);
  if (unknown.length > 0) return inconclusive(`no end is known of: ${names(unknown)}`);
  return held(`${attempts.length} attempts, all refused`);
}

export const judgingAttempts = judging(Attempts, judgeAttempts);
