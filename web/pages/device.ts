import { type Call, callAs } from './api.ts';
import { action, field, form, h, show } from './dom.ts';
import { signIn } from './sign-in.ts';
import { provenly } from './step-up.ts';

interface Waiting {
  readonly device: string;
  readonly place: string | null;
  readonly createdAt: string;
}

const when = (iso: string): string => new Date(iso).toLocaleString();

/** Letters as they are typed, to the form that the device shows. */
const tidy = (typed: string): string => {
  const letters = typed.toUpperCase().replaceAll(/[^A-Z]/g, '');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
};

/** Lets a waiting device sign in as the person (RFC 8628). The code is typed, never taken from a link. */
export async function devicePage(): Promise<void> {
  const { token, account } = await signIn('to let another device in.');
  askCode(callAs(token), account);
}

function askCode(as: Call, account: string): void {
  show(
    'Which device?',
    h('p', { class: 'soft' }, `You are ${account}. Type the code that the device shows.`),
    form(
      async ({ code }) => {
        const tidied = tidy(code!);
        const waiting = await as<Waiting>('GET', `/v1/account/devices/${tidied}`);
        decide(as, tidied, waiting, account);
      },
      field('Code', {
        name: 'code',
        autocomplete: 'off',
        autocapitalize: 'characters',
        placeholder: 'WDJB-MJHT',
        spellcheck: 'false',
      }),
      h('button', {}, 'Look'),
    ),
  );
}

function decide(as: Call, code: string, { device, place, createdAt }: Waiting, account: string): void {
  const answer = (how: 'approve' | 'deny') => async () => {
    await provenly(as, 'to let a device in.', () => as('POST', `/v1/account/devices/${code}/${how}`, {}));
    await as('DELETE', '/v1/account/session');
    show(
      how === 'approve' ? 'It is in' : 'Turned down',
      h(
        'p',
        {},
        how === 'approve'
          ? `${device} is signed in as ${account}. You may close this page.`
          : 'Nothing was opened.',
      ),
    );
  };
  show(
    'Let it in?',
    h(
      'div',
      { class: 'facts' },
      h('div', { class: 'row' }, h('span', { class: 'soft' }, 'Device'), h('strong', {}, device)),
      h(
        'div',
        { class: 'row' },
        h('span', { class: 'soft' }, 'Asks from'),
        h('strong', {}, place ?? 'unknown'),
      ),
      h('div', { class: 'row' }, h('span', { class: 'soft' }, 'Since'), h('strong', {}, when(createdAt))),
    ),
    h(
      'p',
      { class: 'soft' },
      `It will be able to do what ${account} may. Only go on if you started this yourself, just now.`,
    ),
    h(
      'div',
      { class: 'stack' },
      action('Let it in', answer('approve')),
      action('No', answer('deny'), 'plain'),
    ),
  );
}
