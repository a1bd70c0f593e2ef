import { type Call, callAs } from './api.ts';
import { action, field, form, h, show } from './dom.ts';
import { app, showCodes } from './enrol.ts';
import { links } from './links.ts';
import { addPasskey, canUsePasskeys } from './passkey.ts';
import { signIn } from './sign-in.ts';
import { provenly } from './step-up.ts';

interface Factors {
  readonly password: boolean;
  readonly totp: boolean;
  readonly passkeys: readonly {
    readonly id: string;
    readonly name: string;
    readonly lastUsedAt: string | null;
  }[];
  readonly recoveryCodes: number;
}

interface Session {
  readonly id: string;
  readonly device: string;
  readonly place: string | null;
  readonly lastSeenAt: string;
  readonly current: boolean;
}

const when = (iso: string): string => new Date(iso).toLocaleString();

/** Second factors and sessions of one's own. */
export async function accountPage(): Promise<void> {
  const { token, account } = await signIn('to see to your second factors and sessions.');
  await overview(callAs(token), account);
}

async function overview(as: Call, account: string): Promise<void> {
  const factors = await as<Factors>('GET', '/v1/account/factors');
  const { sessions } = await as<{ sessions: readonly Session[] }>('GET', '/v1/account/sessions');
  const again = () => overview(as, account);
  const linked = await links(as, again);
  const row = (words: readonly string[], ...rest: readonly Node[]) =>
    h(
      'div',
      { class: 'row' },
      h('span', {}, words[0]!, h('br'), h('span', { class: 'soft' }, words[1] ?? '')),
      ...rest,
    );
  const then = (run: () => Promise<unknown>, why: string) => async () => {
    await provenly(as, why, run);
    await again();
  };
  show(
    account,
    h('h2', {}, 'Second factors'),
    h(
      'div',
      { class: 'facts' },
      ...factors.passkeys.map(({ id, name, lastUsedAt }) =>
        row(
          [name, lastUsedAt ? `passkey, last used ${when(lastUsedAt)}` : 'passkey, never used'],
          action(
            'Remove',
            then(
              () => as('DELETE', `/v1/account/passkeys/${encodeURIComponent(id)}`),
              'to remove a passkey.',
            ),
            'plain small',
          ),
        ),
      ),
      row(
        ['Authenticator app', factors.totp ? 'in use' : 'none'],
        action(
          factors.totp ? 'Replace' : 'Add',
          () => provenly(as, 'to change the app.', () => addApp(as, again)),
          'plain small',
        ),
      ),
      row(
        ['Recovery codes', `${factors.recoveryCodes} left`],
        action(
          'New ones',
          () => provenly(as, 'to make new codes.', () => renewCodes(as, again)),
          'plain small',
        ),
      ),
    ),
    canUsePasskeys()
      ? form(
          async ({ name }) =>
            provenly(as, 'to add a passkey.', async () => {
              await showCodes((await addPasskey(as, name!)).recoveryCodes);
              await again();
            }),
          field('Another passkey, called', {
            name: 'name',
            placeholder: 'blue key',
            pattern: '[A-Za-z0-9][A-Za-z0-9 ._@\\-]{0,62}',
          }),
          h('button', {}, 'Add a passkey'),
        )
      : undefined,
    ...linked,
    h('h2', {}, 'Where you are signed in'),
    h(
      'div',
      { class: 'facts' },
      ...sessions.map(({ id, device, place, lastSeenAt, current }) =>
        row(
          [device, `${place ?? 'unknown place'}, ${current ? 'this page' : when(lastSeenAt)}`],
          ...(current
            ? []
            : [
                action(
                  'End',
                  then(() => as('DELETE', `/v1/account/sessions/${id}`), 'to end a session.'),
                  'plain small',
                ),
              ]),
        ),
      ),
    ),
    h(
      'div',
      { class: 'stack' },
      action('Sign out', () => signOut(as), 'plain'),
    ),
  );
}

const addApp = (as: Call, again: () => Promise<void>) =>
  app(as, async (added) => {
    await showCodes(added.recoveryCodes);
    await again();
  });

async function renewCodes(as: Call, again: () => Promise<void>): Promise<void> {
  const { recoveryCodes } = await as<{ recoveryCodes: readonly string[] }>(
    'POST',
    '/v1/account/recovery-codes',
    {},
  );
  await showCodes(recoveryCodes);
  await again();
}

async function signOut(as: Call): Promise<void> {
  await as('DELETE', '/v1/account/session');
  show('Signed out', h('p', {}, 'You may close this page.'));
}
