import type { Call } from './api.ts';
import { action, h, show } from './dom.ts';
import { throughProvider } from './sso.ts';
import { provenly } from './step-up.ts';

interface Link {
  readonly provider: string;
  readonly subject: string;
}

/** What of single sign-on is the person's own: where the account is linked, and where it could be. */
export async function links(as: Call, again: () => Promise<void>): Promise<readonly Node[]> {
  const { links: own } = await as<{ links: readonly Link[] }>('GET', '/v1/account/sso');
  const { providers } = await as<{ providers: readonly string[] }>('GET', '/v1/sessions/sso');
  const free = providers.filter((name) => !own.some(({ provider }) => provider === name));
  if (own.length + free.length === 0) return [];
  const row = (name: string, words: string, button: Node) =>
    h('div', { class: 'row' }, h('span', {}, name, h('br'), h('span', { class: 'soft' }, words)), button);
  const unlink = (name: string) => async () => {
    await provenly(as, 'to unlink it.', () => as('DELETE', `/v1/account/sso/${name}`));
    await again();
  };
  return [
    h('h2', {}, 'Single sign-on'),
    h(
      'div',
      { class: 'facts' },
      ...own.map(({ provider, subject }) =>
        row(provider, `you are ${subject} there`, action('Unlink', unlink(provider), 'plain small')),
      ),
      ...free.map((name) =>
        row(
          name,
          'not linked',
          action('Link', () => linkAt(as, name, again), 'plain small'),
        ),
      ),
    ),
  ];
}

/** Links the account at a provider; whatever comes of it is said on a page of its own. */
async function linkAt(as: Call, provider: string, again: () => Promise<void>): Promise<void> {
  const at = { begin: '/v1/account/sso', finish: '/v1/account/sso/finish' };
  const through = () => throughProvider(provider, as, at);
  try {
    await provenly(as, `to link your account at ${provider}.`, through);
    await again();
  } catch (error) {
    trouble(error, again);
  }
}

/** What went wrong away from the page that it began on, and the way back. */
export function trouble(error: unknown, back: () => Promise<void>): void {
  show(
    'That did not work',
    h('p', { class: 'error', role: 'alert' }, error instanceof Error ? error.message : String(error)),
    h('div', { class: 'stack' }, action('Back', back)),
  );
}
