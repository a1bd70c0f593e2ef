import { z } from 'zod';
import { Attempts, judgeAttempts } from '../../contract/attempts.ts';
import { inconclusive, judging, notApplicable } from '../../contract/judging.ts';

const World = Attempts.extend({ on: z.boolean(), said: z.string() });
/** What a stranger is told where operators come in from anywhere. */
const OFF = new Set(['not_signed_in', 'access_denied']);

/** PURE. Where the VPN is off there is nothing to prove; that is told by the doctor. */
export const judge = judging(World, ({ on, said, works, attempts }) => {
  if (on) return judgeAttempts({ works, attempts });
  return OFF.has(said)
    ? notApplicable('the VPN is off: operators come in from anywhere')
    : inconclusive(`whether the VPN is on is not known: ${said}`);
});
