import { makeOpenId } from '../../../adapters/openid/client.ts';
import { realProvider } from '../../../adapters/openid/testing/provider.ts';
import { here, visit } from '../../../adapters/openid/testing/tls.ts';
import { testApi } from '../../../api/testing.ts';
import { testAgent } from './agent.ts';
import { people } from './people.ts';

export const REDIRECT = 'https://bastide.localhost/sso';

export interface Begun {
  readonly login: string;
  readonly state: string;
  readonly url: string;
}
export interface Back {
  readonly login: string;
  readonly state: string;
  readonly code: string;
  readonly iss?: string;
}

/** A platform with a real OpenID provider, over TLS, a browser's redirects and the agent's half. */
export async function ssoWorld() {
  let ahead = 0;
  const clock = {
    now: () => new Date(Date.now() + ahead),
    pass: (ms: number) => {
      ahead += ms;
    },
  };
  const api = await testApi([], clock.now);
  const idp = await realProvider(REDIRECT);
  const agent = testAgent(api.t.db, makeOpenId({ operators: here() }), clock.now);
  const operator = await api.account('operator');
  const p = people(() => api, clock);
  let place = 0;
  /** Everybody comes from somewhere else, so that nobody waits for what others got wrong. */
  const call: typeof p.call = (method, url, options = {}) => {
    place += 1;
    const somewhere = p.from(`198.18.${place >> 8}.${place & 255}`);
    return p.call(method, url, { ...options, headers: { ...somewhere, ...options.headers } });
  };
  const provider = () => ({
    ...{ name: 'corp', issuer: idp.issuer, clientId: idp.clientId },
    ...{ clientSecret: idp.secret.reveal(), ca: idp.ca },
  });
  await call('POST', '/v1/platform/sso', { token: operator, body: provider() });
  await agent.work();

  async function begin(token?: string): Promise<Begun> {
    const url = token ? '/v1/account/sso' : '/v1/sessions/sso';
    return (await call('POST', url, { token, body: { provider: 'corp' } })).json() as Begun;
  }

  /** The browser goes to the provider as `subject` and comes back. */
  async function back({ login, url }: Begun, subject: string, email = 'x@example.org'): Promise<Back> {
    Object.assign(idp.who, { subject, email });
    const at = await visit(url, idp.ca);
    if (`${at.origin}${at.pathname}` !== REDIRECT) throw new Error(`it came back to ${at.href}`);
    const said = Object.fromEntries(at.searchParams);
    return { login, state: said.state!, code: said.code!, iss: said.iss! };
  }
  const answer = (body: Back) => call('POST', '/v1/sessions/sso/answer', { body });
  const finish = (login: string, token?: string) =>
    call('POST', token ? '/v1/account/sso/finish' : '/v1/sessions/sso/finish', { token, body: { login } });

  async function through(begun: Begun, subject: string, token?: string, email?: string) {
    const answered = await answer(await back(begun, subject, email));
    if (answered.statusCode !== 200) throw new Error(answered.body);
    await agent.work();
    return finish(begun.login, token);
  }

  /** Somebody with an authenticator app, whose account is linked to `subject`. */
  async function linked(subject: string) {
    const person = await p.account();
    const { token, seed, codes } = await p.signUp(person);
    const done = await through(await begin(token), subject, token);
    if (done.statusCode !== 200) throw new Error(done.body);
    return { person, token, seed, codes, said: done.json() as unknown };
  }

  const close = async () => {
    idp.close();
    await api.close();
  };
  return {
    ...{ api, idp, agent, operator, clock, p, call, provider, close },
    ...{ begin, back, answer, finish, through, linked },
  };
}
