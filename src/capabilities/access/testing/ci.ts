import { makeOpenId } from '../../../adapters/openid/client.ts';
import { type Crooked, crookedProvider } from '../../../adapters/openid/testing/crooked.ts';
import { here } from '../../../adapters/openid/testing/tls.ts';
import { testApi } from '../../../api/testing.ts';
import type { Role } from '../model.ts';
import { testAgent } from './agent.ts';
import { people, testClock } from './people.ts';

export const AUDIENCE = 'https://bastide.localhost';
export const MAIN = 'repo:acme/shop:ref:refs/heads/main';

/** A platform whose project `shop` trusts what a CI platform signs for the jobs of one branch in production. */
export async function ciWorld() {
  const clock = testClock(Date.now());
  const api = await testApi([], clock.now);
  const platform = await crookedProvider('ci.example.org');
  const agent = testAgent(api.t.db, makeOpenId({ anybody: here(platform.ca) }), clock.now);
  const p = people(() => api, clock);
  let place = 0;
  const call: typeof p.call = (method, url, options = {}) => {
    place += 1;
    const somewhere = p.from(`198.18.${place >> 8}.${place & 255}`);
    return p.call(method, url, { ...options, headers: { ...somewhere, ...options.headers } });
  };

  /** Somebody's token that these tests' days do not end. */
  async function tokenOf(role: Role, organizationId: string): Promise<string> {
    const token = await api.account(role, organizationId);
    const expires_at = new Date(Date.now() + 30 * 86_400_000);
    await api.t.db.updateTable('api_tokens').set({ expires_at }).execute();
    return token;
  }
  const shop = await api.world('shop');
  const other = await api.world('other');
  const owner = await tokenOf('owner', shop.organizationId);
  const rule = (over: Record<string, unknown> = {}) => ({
    ...{ name: 'main', issuer: platform.provider.issuer, subject: MAIN },
    ...over,
  });
  const add = (body: unknown, project = 'shop', token = owner) =>
    call('POST', `/v1/projects/${project}/ci-trust`, { token, body });
  await add(rule({ claims: { environment: 'production' } }));
  await agent.work();

  let jobs = 0;
  /** What the CI platform signs for a job; every one has an id of its own. */
  function job(claims: Record<string, unknown> = {}, how: Crooked = {}): Promise<string> {
    jobs += 1;
    const now = Math.floor(clock.now().getTime() / 1000);
    const usual = {
      ...{ iss: platform.provider.issuer, aud: AUDIENCE, sub: MAIN, environment: 'production' },
      ...{ iat: now, nbf: now, exp: now + 300, jti: `job-${jobs}` },
    };
    return platform.sign({ ...usual, ...claims }, how);
  }
  const exchange = (token: string, project = 'shop') =>
    call('POST', '/v1/ci/token', { body: { project, token } });
  const given = async (token: string) =>
    (await exchange(token)).json() as { token: string; expiresAt: string };
  const close = async () => {
    platform.close();
    await api.close();
  };
  return {
    ...{ api, platform, agent, clock, p, call, shop, other, owner, close },
    ...{ tokenOf, rule, add, job, exchange, given },
  };
}
