import { z } from 'zod';
import { type CommandRow, given } from '../../../cli/command.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { ThrottleView } from '../model/throttles.ts';

const time = (date: string | null) => date?.slice(0, 19).replace('T', ' ') ?? null;

/** Who guesses, and letting somebody in again. */
export const throttleCommands: readonly CommandRow[] = [
  {
    name: 'access:throttles',
    summary: 'Who tries passwords, codes and tokens, and who has to wait',
    examples: ['bastide access:throttles'],
    uses: ['listThrottles'],
    async run(io) {
      const all = await io.api.get('/v1/platform/throttles', z.object({ throttles: z.array(ThrottleView) }));
      if (isRefusal(all)) return all;
      io.print.table(all.throttles, {
        door: (t) => t.door,
        account: (t) => t.account,
        network: (t) => t.network,
        tries: (t) => t.tries,
        refused: (t) => t.refused,
        last: (t) => time(t.lastAt),
        'waits until': (t) => time(t.blockedUntil),
      });
    },
  },
  {
    name: 'access:throttle:reset',
    summary: 'Forget what was counted of an account or a network: it waits no longer',
    options: [
      { flags: '--account <name>', description: 'name or e-mail address of the account' },
      {
        flags: '--network <network>',
        description: 'an address or its network, as access:throttles shows it',
      },
    ],
    examples: [
      'bastide access:throttle:reset --account ada@example.org',
      'bastide access:throttle:reset --network 203.0.113.0/24',
    ],
    uses: ['forgetThrottles'],
    async run(io, input) {
      const which = { account: given(input, 'account'), network: given(input, 'network') };
      const done = await io.api.send(
        'POST',
        '/v1/platform/throttles/reset',
        which,
        z.object({ reset: z.number() }),
      );
      if (isRefusal(done)) return done;
      io.print.done(done, `Forgotten: ${done.reset}.`);
    },
  },
];
