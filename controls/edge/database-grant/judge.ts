import { z } from 'zod';
import { broken, held, inconclusive, judging, notApplicable } from '../../contract/judging.ts';

const Login = z.object({ in: z.boolean(), error: z.string().nullable() });
const World = z.object({
  /** Why no grant could be opened; null: one was. */
  refused: z.string().nullable(),
  before: z.enum(['open', 'closed', 'silent', 'unreachable']),
  during: Login.nullable(),
  /** From the same source with the neighbour's database in place of the own. */
  foreign: Login.nullable(),
  /** After it was closed, or after its time: with the same credential. */
  after: Login.nullable(),
  afterPort: z.enum(['open', 'closed', 'silent', 'unreachable']).nullable(),
  /** Whether the grant ended by itself. */
  byItself: z.boolean(),
});

/** Shut before, open during, shut after, by itself. */
export const judge = judging(World, (world) => {
  const { refused, before, during, foreign, after, afterPort, byItself } = world;
  if (before === 'open') return broken('the gateway answers before any grant');
  if (foreign?.in === true) return broken("the grant opens the neighbour's database too");
  if (after?.in === true) return broken('the credential still works after the grant has ended');
  if (afterPort === 'open') return broken('the gateway still answers after the grant has ended');
  if (refused === 'not_there') return notApplicable('the platform has no gateway');
  if (refused !== null) return inconclusive(`no grant could be opened: ${refused}`);
  if (during === null || foreign === null || after === null || afterPort === null)
    return inconclusive('not every part was tried');
  if (!during.in) return inconclusive(`the grant does not let in whom it is for: ${during.error}`);
  if (!byItself) return inconclusive('the grant was not left to end by itself');
  return held('shut before, open for its one source and database while granted, shut again by itself');
});
