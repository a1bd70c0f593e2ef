import { z } from 'zod';
import { Attempt } from '../../contract/attempts.ts';
import { broken, few, held, inconclusive, judging } from '../../contract/judging.ts';

const World = z.object({
  /** What the agent counts of the last days, over all of the platform. */
  facts: z.object({
    /** Grants of staff access that there were. */
    grants: z.int(),
    /** Of them, those that lived without a consent that another person gave. */
    unconsented: z.int(),
    /** Of them, those that lived longer than was asked for, or than a break-glass may. */
    overlong: z.int(),
    /** Things begun under a grant before it began or after its end, or that still run a minute after it. */
    outside: z.int(),
    /** Things that a role of the platform was let do inside an organization without a grant. */
    bare: z.int(),
    /** Break-glasses that the customer was not told of in the same moment. */
    untold: z.int(),
  }),
  /** What a tenant and an outsider tried on the staff's side of the API. */
  attempts: z.array(Attempt),
  /** Whether the tenant sees its own side, so that a refusal is one. */
  works: z.boolean(),
});

const SAID = {
  unconsented: 'lived without a consent that somebody else gave',
  overlong: 'lived longer than was asked for',
  outside: 'were begun outside of the time of their grant, or outlived it',
  bare: 'were let through inside an organization by a role of the platform, without a grant',
  untold: 'broke the glass and the customer was not told',
} as const;

/** Nobody of the staff was in without a grant, no grant without consent, nothing after its end; and no tenant plays staff. */
export const judge = judging(World, ({ facts, attempts, works }) => {
  for (const [key, said] of Object.entries(SAID)) {
    const count = facts[key as keyof typeof SAID];
    if (count > 0) return broken(`${count} ${said}`);
  }
  const through = attempts.filter(({ refused }) => refused === false);
  if (through.length > 0) return broken(`got through: ${few(through.map(({ what }) => what))}`);
  if (!works) return inconclusive('the tenant does not see its own side of staff access');
  if (attempts.length === 0) return inconclusive('nothing was tried');
  if (attempts.some(({ refused }) => refused === null))
    return inconclusive('the API did not answer an attempt');
  return held(`${facts.grants} grants, each consented to and kept to; ${attempts.length} attempts refused`);
});
