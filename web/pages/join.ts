import { browserName, call, type SignedIn } from './api.ts';
import { field, form, h, show } from './dom.ts';
import { whole } from './sign-in.ts';

/** Makes an account with an invitation. The invitation is typed or pasted: in an address it would be kept by what it passes. */
export function joinPage(): void {
  show(
    'Join',
    h('p', { class: 'soft' }, 'With the invitation that somebody handed to you.'),
    form(
      async ({ invitation, name, password }) => {
        const body = { invitation: invitation!.trim(), name, password, device: browserName(), kind: 'web' };
        const { account } = await whole(await call<SignedIn>('POST', '/v1/accounts', body));
        show(
          `Welcome, ${account}`,
          h('p', {}, 'Your account is made. On your machine:'),
          h('pre', {}, `bastide login --server ${location.origin}`),
          h('p', { class: 'soft' }, 'You may close this page.'),
        );
      },
      field('Invitation', {
        name: 'invitation',
        placeholder: 'bsi_…',
        autocomplete: 'off',
        spellcheck: 'false',
      }),
      field('Your name here', { name: 'name', autocomplete: 'username', placeholder: 'ada' }),
      field('A password of twelve characters or more', {
        name: 'password',
        type: 'password',
        autocomplete: 'new-password',
        minlength: '12',
        maxlength: '128',
      }),
      h('button', {}, 'Make the account'),
    ),
    h('p', { class: 'soft' }, 'You have an account already? ', h('code', {}, 'bastide join bsi_…')),
  );
}
