import { browserName, type Call, call, callAs, endWithPage, type SignedIn } from './api.ts';
import { action, field, form, h, show } from './dom.ts';
import { enrol } from './enrol.ts';
import { trouble } from './links.ts';
import { canUsePasskeys, signInByPasskey } from './passkey.ts';
import { proof } from './proof.ts';
import { throughProvider } from './sso.ts';

/** Asks who is there until it is known, second factor and all. `why`: what the person came for. */
export async function signIn(why: string): Promise<SignedIn> {
  // Without an answer there are the other ways.
  const { providers } = await call<{ providers: readonly string[] }>('GET', '/v1/sessions/sso').catch(() => ({
    providers: [],
  }));
  return new Promise((resolve) => {
    const at = (provider: string) =>
      action(`Sign in at ${provider}`, () => byProvider(provider).then(resolve, again), 'plain');
    const again = (error: unknown) => trouble(error, async () => resolve(await signIn(why)));
    show(
      'Sign in',
      h('p', { class: 'soft' }, why),
      canUsePasskeys()
        ? h(
            'div',
            { class: 'stack' },
            action('Use a passkey', async () => resolve(kept(await signInByPasskey()))),
          )
        : undefined,
      providers.length > 0 ? h('div', { class: 'stack' }, ...providers.map(at)) : undefined,
      h('h2', {}, 'With a password'),
      form(
        async ({ email, password }) => {
          const body = { email, password, device: browserName(), kind: 'web' };
          resolve(await whole(await call<SignedIn>('POST', '/v1/sessions', body)));
        },
        field('E-mail address', { name: 'email', type: 'email', autocomplete: 'username' }),
        field('Password', { name: 'password', type: 'password', autocomplete: 'current-password' }),
        h('button', { class: 'plain' }, 'Sign in with a password'),
      ),
    );
  });
}

/** What goes with the page: a session ends where its page does. */
function kept(session: SignedIn): SignedIn {
  endWithPage(session.token);
  return session;
}

/** From what a password gave to a whole session: proves the second factor, or makes the first one. */
export async function whole(half: SignedIn): Promise<SignedIn> {
  const as = callAs(half.token);
  if (half.level === 2) return kept(half);
  if (half.factors.length === 0) return kept(await enrol(as));
  return kept(await proof(as, half.factors, 'One more proof'));
}

/** By an OpenID provider in place of the password: the second factor is asked for as always. */
async function byProvider(provider: string): Promise<SignedIn> {
  const anybody: Call = (method, path, body) => call(method, path, body);
  const at = { begin: '/v1/sessions/sso', finish: '/v1/sessions/sso/finish', device: browserName() };
  return whole(await throughProvider<SignedIn>(provider, anybody, at));
}
