import type { Call, SignedIn } from './api.ts';
import { action, field, form, h, show } from './dom.ts';
import { type Added, addPasskey, canUsePasskeys } from './passkey.ts';
import { qr } from './qr.ts';

/** Makes the account's first second factor: a passkey where the browser can, else an authenticator app. */
export function enrol(as: Call): Promise<SignedIn> {
  return new Promise((resolve) => {
    const done = async (added: Added) => {
      await showCodes(added.recoveryCodes);
      if (added.session) resolve(added.session);
    };
    show(
      'Your second factor',
      h(
        'p',
        { class: 'soft' },
        'A password alone opens nothing here. A passkey is the safest and the quickest.',
      ),
      canUsePasskeys()
        ? form(
            async ({ name }) => done(await addPasskey(as, name!)),
            field('What you call it', {
              name: 'name',
              value: 'first passkey',
              pattern: '[A-Za-z0-9][A-Za-z0-9 ._@\\-]{0,62}',
            }),
            h('button', {}, 'Make a passkey'),
          )
        : undefined,
      h(
        'div',
        { class: 'stack' },
        action('Use an authenticator app', () => app(as, done), 'plain'),
      ),
    );
  });
}

/** Shows the app's secret as a picture, and asks for the first code of it. */
export async function app(as: Call, done: (added: Added) => Promise<void>): Promise<void> {
  const begun = await as<{ uri: string; seed: string }>('POST', '/v1/account/totp');
  show(
    'Authenticator app',
    h('p', { class: 'soft' }, 'Scan this with the app, then type the code that it shows.'),
    qr(begun.uri, 'QR code for the authenticator app; the same as the text below'),
    h('p', { class: 'soft' }, 'Or type it: ', h('code', {}, begun.seed)),
    form(
      async ({ code }) => done(await as('POST', '/v1/account/totp/confirm', { code })),
      field('Code of the app', { name: 'code', inputmode: 'numeric', autocomplete: 'one-time-code' }),
      h('button', {}, 'Confirm'),
    ),
  );
}

/** Recovery codes, once; it goes on when the person says they are kept. */
export function showCodes(codes: readonly string[]): Promise<void> {
  if (codes.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    show(
      'Recovery codes',
      h(
        'p',
        {},
        'Shown this one time. Each works once, where your second factor is lost. Print them, or keep them apart.',
      ),
      h('pre', {}, codes.join('\n')),
      h(
        'div',
        { class: 'stack' },
        action('I have kept them', async () => resolve()),
      ),
    );
  });
}
