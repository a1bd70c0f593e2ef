import { browserName, call, callAs, endWithPage, type SignedIn } from './api.ts';
import { action, field, form, h, show } from './dom.ts';
import { enrol } from './enrol.ts';
import { canUsePasskeys, signInByPasskey } from './passkey.ts';
import { proof } from './proof.ts';

/** Asks who is there until it is known, second factor and all. `why`: what the person came for. */
export function signIn(why: string): Promise<SignedIn> {
  return new Promise((resolve) => {
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
