/** What the API refused: words for a person, and the code that they are documented by. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface ErrorBody {
  readonly error?: { readonly code: string; readonly message: string; readonly next?: string };
}

/** One request to the API. Throws `Refused` with what it says. */
export async function call<T>(method: string, path: string, body?: object, token?: string): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: 'omit',
    redirect: 'error',
  }).catch(() => {
    throw new Refused('unreachable', 'The platform does not answer. Try again in a moment.');
  });
  const answer = (await response.json().catch(() => ({}))) as T & ErrorBody;
  if (response.ok) return answer;
  const { code = 'unknown', message = `It answered ${response.status}.`, next = '' } = answer.error ?? {};
  throw new Refused(code, next ? `${message}. ${next}` : message);
}

export interface SignedIn {
  readonly token: string;
  readonly account: string;
  readonly level: 1 | 2;
  readonly factors: readonly ('totp' | 'recovery' | 'passkey')[];
}

/** Calls with the session's token, which nothing but this closure knows. */
export type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

export const callAs =
  (token: string): Call =>
  (method, path, body) =>
    call(method, path, body, token);

/** Ends the session where the page is left; the request outlives the page. */
export function endWithPage(token: string): void {
  addEventListener('pagehide', () => {
    void fetch('/v1/account/session', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
      keepalive: true,
      credentials: 'omit',
    });
  });
}

/** How this browser is called in the list of sessions: its name and the system's, as far as it tells. */
export function browserName(agent = navigator.userAgent): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(agent)?.[1] ?? 'a browser';
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux)/.exec(agent)?.[1];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS', CrOS: 'ChromeOS' };
  const name = names[browser] ?? browser;
  return system === undefined ? name : `${name} on ${names[system] ?? system}`;
}
