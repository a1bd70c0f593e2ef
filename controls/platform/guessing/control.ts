import { z } from 'zod';
import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

const TRIES = 60;
const Refused = z.object({ error: z.object({ code: z.string() }) });

/**
 * Guesses at the password of an account that nobody has, from the prober's own network, until it has to wait. The
 * canary's token is used before and after: whoever guesses does not lock out who is in. Operators hear of it, so it
 * runs when it is asked for.
 */
export default control({
  id: 'platform/guessing',
  claims: ['ACC-6'],
  sentence: 'Whoever guesses passwords has to wait after a few tries, and locks out nobody who is signed in.',
  when: 'drill',
  everyHours: 720,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const own = async () => (await tools.api('a', 'GET', '/v1/account')).status;
    const before = await own();
    const email = `${tools.token().slice(0, 12)}@example.org`;
    let tries = 0;
    let waits = 0;
    let taken = false;
    let first: string | undefined;
    for (; tries < TRIES && waits === 0; tries += 1) {
      const answer = await tools.api('nobody', 'POST', '/v1/sessions', { email, password: tools.token() });
      if (answer.status < 400) taken = true;
      if (answer.status === 429) waits += 1;
      else first ??= Refused.safeParse(answer.body).data?.error.code;
      await tools.sleep(100);
    }
    return { tries, waits, taken, first: first ?? null, before, after: await own() };
  },
  judge,
  restore: async () => {},
});
