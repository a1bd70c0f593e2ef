import { z } from 'zod';
import type { Attempt } from '../../contract/attempts.ts';
import { control } from '../../contract/control.ts';
import type { Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';

const Made = z.object({ id: z.string(), token: z.string() });
const TOKENS = '/v1/account/tokens';
/** Short, on every list, one letter, the name of the account. */
const WEAK = ['short1!', 'password1234', 'aaaaaaaaaaaaaaaaaaaa', 'prober-canary-a'];

const refusedBy = (status: number) => (status >= 500 || status === 429 ? null : status >= 400);

async function tryOn(tools: Tools, what: string, method: string, path: string, body: unknown) {
  const { status, code } = await tools.api('a', method, path, body);
  return { what, refused: refusedBy(status), said: code ?? String(status) };
}

/** Who is asked with a token of our own; nothing of it is kept. */
async function asking(tools: Tools, what: string, token: string): Promise<Attempt> {
  const url = `https://bastide.${tools.domain}/v1/account`;
  const { status } = await tools.web(url, { headers: { authorization: `Bearer ${token}` } });
  return { what, refused: refusedBy(status), said: String(status) };
}

/** Another letter in the middle. */
const altered = (token: string): string => {
  const at = Math.floor(token.length / 2);
  return token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1);
};

/** Weak passwords, a token for longer than a year, one that was altered, one that was revoked; and what the agent counts. */
export default control({
  id: 'platform/credentials',
  claims: ['ACC-2', 'ACC-3', 'ACC-5'],
  sentence:
    'Weak passwords are refused, nobody is signed in without a second factor, and what was revoked is good for nothing at once.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const attempts: Attempt[] = [];
    for (const password of WEAK)
      attempts.push(await tryOn(tools, 'a weak password', 'PUT', '/v1/account/password', { password }));
    const name = `control-${tools.token().slice(0, 8)}`;
    attempts.push(
      await tryOn(tools, 'a token for ten years', 'POST', TOKENS, { name: `${name}-long`, days: 3650 }),
    );
    const made = Made.safeParse((await tools.api('a', 'POST', TOKENS, { name, days: 1 })).body).data;
    if (!made) return { facts: null, attempts, works: false };
    const before = await asking(tools, 'the token before', made.token);
    attempts.push(await asking(tools, 'an altered token', altered(made.token)));
    await tools.api('a', 'DELETE', `${TOKENS}/${made.id}`);
    attempts.push(await asking(tools, 'a revoked token', made.token));
    return { facts: await tools.observe('credentials', {}), attempts, works: before.refused === false };
  },
  judge,
  restore: async () => {},
});
