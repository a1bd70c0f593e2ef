import { type Call, Refused } from './api.ts';
import { action, h, show } from './dom.ts';

/** What the API gives a page that sends somebody to a provider. */
interface Begun {
  readonly login: string;
  readonly state: string;
  readonly url: string;
}

/** What came back with the browser. It is worth nothing without what the page that began it keeps in its memory. */
interface Back {
  readonly state: string;
  readonly code: string | null;
  readonly iss: string | null;
}

/** Pages of this platform in this browser: the one that waits and the one that somebody came back to. */
const CHANNEL = 'bastide-sso';
/** Milliseconds between two questions, and how often it is asked. */
const [AGAIN, TIMES] = [500, 60];
/** Milliseconds in which a page that waits says that it has heard. */
const HEARD = 3000;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends somebody to a provider in a window of its own, and gives what the API makes of what comes back. This page stays,
 * so that nothing has to be kept anywhere but in its memory.
 */
export async function throughProvider<T>(
  provider: string,
  as: Call,
  { begin, finish, ...more }: { readonly begin: string; readonly finish: string; readonly device?: string },
): Promise<T> {
  const { login, state, url } = await as<Begun>('POST', begin, { provider });
  if (new URL(url).protocol !== 'https:') throw new Refused('sso_refused', 'The provider is not behind TLS.');
  const channel = new BroadcastChannel(CHANNEL);
  try {
    const { code, iss } = await comingBack(channel, { provider, state, url });
    channel.postMessage({ heard: state });
    show(`At ${provider}`, h('p', {}, 'Asking the provider …'));
    if (code === null) throw new Refused('sso_refused', 'The provider signed nobody in.');
    await as('POST', '/v1/sessions/sso/answer', { login, state, code, ...(iss === null ? {} : { iss }) });
    return await finished(as, finish, { login, ...more });
  } finally {
    channel.close();
  }
}

/** Opens the window, and waits until somebody comes back to this platform in it, or has had enough. */
const comingBack = (
  channel: BroadcastChannel,
  { provider, state, url }: Pick<Begun, 'state' | 'url'> & { readonly provider: string },
): Promise<Back> =>
  new Promise((resolve, reject) => {
    channel.addEventListener('message', ({ data }: MessageEvent<Partial<Back>>) => {
      if (data.state === state && data.code !== undefined) resolve(data as Back);
    });
    show(
      `At ${provider}`,
      h('p', {}, 'Sign in there, in the other window. This page goes on when you are back: leave it open.'),
      h(
        'p',
        { class: 'soft' },
        'No other window? ',
        h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, 'Open it'),
      ),
      h(
        'div',
        { class: 'stack' },
        action('Another way', async () => reject(new Refused('sso_refused', 'Nobody signed in.')), 'plain'),
      ),
    );
    open(url, '_blank', 'noopener,noreferrer');
  });

/** Asks until the provider has said who it is. */
async function finished<T>(as: Call, finish: string, body: object): Promise<T> {
  for (let times = 1; ; times += 1) {
    try {
      return await as<T>('POST', finish, body);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'sso_pending' || times === TIMES) throw error;
      await wait(AGAIN);
    }
  }
}

/** Where providers send browsers back to: hands what came to the page that waits, and to nobody else. */
export async function returnPage(): Promise<void> {
  const said = new URLSearchParams(location.search);
  // It is not left in the bar or in the history.
  history.replaceState(null, '', location.pathname);
  const state = said.get('state') ?? '';
  const channel = new BroadcastChannel(CHANNEL);
  const heard = new Promise<boolean>((resolve) => {
    channel.addEventListener('message', ({ data }: MessageEvent<{ heard?: string }>) => {
      if (data.heard === state) resolve(true);
    });
  });
  channel.postMessage({ state, code: said.get('code'), iss: said.get('iss') } satisfies Back);
  const taken = await Promise.race([heard, wait(HEARD).then(() => false)]);
  channel.close();
  if (taken) close();
  show(
    taken ? 'Go back' : 'Nothing waits for this',
    h(
      'p',
      {},
      taken
        ? 'The page where you started goes on. You may close this one.'
        : 'The page where you started is closed. Start again there.',
    ),
  );
}
