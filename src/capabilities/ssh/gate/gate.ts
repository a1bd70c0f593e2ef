import { z } from 'zod';
import { type Client, path } from '../../../cli/client.ts';
import { ApiRefusal } from '../../../cli/refusal.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { sleep } from '../../../kernel/time.ts';
import { notPermitted, sessionRefused } from '../errors.ts';
import { Session } from '../model.ts';
import { readAsked } from './parse.ts';

/** Milliseconds between two looks whether the session still stands, and looks without an answer that are borne. */
const EVERY = 2000;
const SILENT = 3;
const TIDY = 5000;
const Ok = z.object({ ok: z.literal(true) });

export interface Login {
  readonly app: string;
  readonly credential: string | undefined;
  readonly command: string;
  /** The gateway's own token. */
  readonly gateway: string;
}

export interface GateParts {
  /** The API for nobody, and for who holds a token. */
  readonly api: (token?: string) => Client;
  readonly login: Login;
  readonly push: (api: Client, token: string, signal: AbortSignal) => Promise<Outcome<number>>;
  readonly oneOff: (
    api: Client,
    command: string | undefined,
    signal: AbortSignal,
  ) => Promise<Outcome<number>>;
  readonly say: (line: string) => void;
  /** Aborts when the connection is gone. */
  readonly gone: AbortSignal;
}

/** Ends when the session does: at the first no, or when nobody can say yes any more. */
async function watch(api: Client, app: string, over: AbortController): Promise<void> {
  let silent = 0;
  while (!over.signal.aborted) {
    await sleep(EVERY, over.signal);
    if (over.signal.aborted) return;
    const answer = await api.get(path`/v1/apps/${app}/ssh/session`, Ok);
    silent = isRefusal(answer) ? silent + 1 : 0;
    const no = isRefusal(answer) && answer instanceof ApiRefusal && answer.status < 500;
    if (no || silent >= SILENT) over.abort(sessionRefused());
  }
}

/** One login from its first word to its exit code. What the API does not allow does not happen. */
export async function serve({ api, login, push, oneOff, say, gone }: GateParts): Promise<number> {
  const { app, credential, command, gateway } = login;
  const refuse = (refusal: { message: string; next: string }): number => {
    say(`bastide: ${refusal.message}. ${refusal.next}`);
    return 1;
  };
  if (!credential) return refuse(sessionRefused());
  const asked = readAsked(command);
  const session = await api().send(
    'POST',
    '/v1/ssh/sessions',
    { gateway, app, credential, command },
    Session,
  );
  if (isRefusal(session)) return refuse(session);
  if (asked.kind === 'refused') return refuse(notPermitted(asked.what));
  if (session.pushesOnly && asked.kind !== 'push')
    return refuse(notPermitted('this key is for git push alone'));
  const mine = api(session.token);
  const over = new AbortController();
  gone.addEventListener('abort', () => over.abort());
  const ended = new Promise<Outcome<number>>((resolve) =>
    over.signal.addEventListener('abort', () => resolve(sessionRefused())),
  );
  const watching = watch(mine, app, over);
  const text = asked.kind === 'command' ? asked.text : undefined;
  const work =
    asked.kind === 'push' ? push(mine, session.token, over.signal) : oneOff(mine, text, over.signal);
  const outcome = await Promise.race([work, ended]);
  if (!over.signal.aborted) over.abort();
  // What was begun tidies up after itself; nobody waits for it long.
  await Promise.race([work, sleep(TIDY)]);
  await watching;
  await mine.send('DELETE', path`/v1/apps/${app}/ssh/session`, undefined, Ok);
  return isRefusal(outcome) ? refuse(outcome) : outcome;
}
