import { type Call, callAs, Refused } from './api.ts';
import { action, h, show } from './dom.ts';
import { signIn } from './sign-in.ts';
import { provenly } from './step-up.ts';

interface Grant {
  readonly id: string;
  readonly organization: string;
  readonly project: string;
  readonly kind: 'consent' | 'break-glass';
  readonly scopes: readonly string[];
  readonly reason: string;
  readonly seconds: number;
  readonly state: 'waiting' | 'live' | 'declined' | 'lapsed' | 'ended';
  readonly requestedBy: string;
  readonly until: string | null;
}

const OPENS: Readonly<Record<string, string>> = {
  logs: 'read the output of its apps',
  run: 'run commands in it',
  database: 'query its databases',
};
const when = (iso: string): string => new Date(iso).toLocaleString();

/** Where a customer says yes or no to staff, and ends what is open. A link leads here and decides nothing by itself. */
export async function accessPage(): Promise<void> {
  const { token } = await signIn('to see who of the platform asks to reach your projects.');
  await overview(callAs(token));
}

async function grantsOf(as: Call): Promise<readonly Grant[]> {
  const { organizations } = await as<{ organizations: readonly { readonly name: string }[] }>(
    'GET',
    '/v1/organizations',
  );
  const of = ({ name }: { readonly name: string }) =>
    as<{ grants: readonly Grant[] }>('GET', `/v1/organizations/${encodeURIComponent(name)}/staff-access`);
  // Whoever may not see them in one organization may in another.
  const found = await Promise.all(
    organizations.map((one) =>
      of(one).catch((error: unknown) => {
        if (error instanceof Refused && error.code === 'access_denied') return { grants: [] };
        throw error;
      }),
    ),
  );
  return found.flatMap(({ grants }) => grants);
}

async function overview(as: Call, said?: string): Promise<void> {
  const grants = await grantsOf(as);
  show(
    'Staff access',
    said === undefined ? undefined : h('p', { role: 'status' }, said),
    h(
      'p',
      { class: 'soft' },
      'Staff of the platform see nothing of your projects unless you let them, for a time and for what they name.',
    ),
    ...(grants.length === 0
      ? [h('p', {}, 'Nobody asks, and nobody is let in.')]
      : grants.map((one) => card(as, one))),
    h(
      'div',
      { class: 'stack' },
      action('Sign out', () => signOut(as), 'plain'),
    ),
  );
}

const row = (label: string, value: string) =>
  h('div', { class: 'row' }, h('span', { class: 'soft' }, label), h('strong', {}, value));

function card(as: Call, grant: Grant): HTMLElement {
  const at = `/v1/organizations/${encodeURIComponent(grant.organization)}/staff-access/${grant.id}`;
  const answer = (verb: 'approve' | 'decline' | 'revoke', said: string) => async () => {
    await provenly(as, 'to decide who sees your data.', () => as('POST', `${at}/${verb}`));
    await overview(as, said);
  };
  const minutes = Math.round(grant.seconds / 60);
  return h(
    'section',
    {},
    h('h2', {}, `${grant.requestedBy} → ${grant.project}`),
    h(
      'div',
      { class: 'facts' },
      row('May', grant.scopes.map((scope) => OPENS[scope] ?? scope).join(', ')),
      row('Why', grant.reason),
      grant.state === 'live' && grant.until
        ? row(grant.kind === 'consent' ? 'Let in until' : 'In an emergency, until', when(grant.until))
        : row('For', `${minutes} minutes`),
    ),
    h(
      'div',
      { class: 'stack' },
      ...(grant.state === 'waiting' && grant.kind === 'consent'
        ? [
            action(`Let in for ${minutes} minutes`, answer('approve', `${grant.requestedBy} was let in.`)),
            action('No', answer('decline', 'Turned down. Nothing was opened.'), 'plain'),
          ]
        : []),
      ...(grant.state === 'live' ? [action('End it now', answer('revoke', 'Ended.'), 'plain')] : []),
    ),
  );
}

async function signOut(as: Call): Promise<void> {
  await as('DELETE', '/v1/account/session');
  show('Signed out', h('p', {}, 'You may close this page.'));
}
