import { z } from 'zod';
import { Refusal } from '../kernel/refusal.ts';

export const unreachable = (server: string, why: string, via?: string) =>
  new Refusal(
    'cli_unreachable',
    `${server} does not answer${via === undefined ? '' : ` by ${via}`}: ${why}`,
    via === undefined
      ? 'Check the address and your network; on the server: npm run doctor'
      : 'Bring your tunnel up, or ask by its name again: bastide vpn:use --off',
  );

export const notTrusted = (server: string, why: string) =>
  new Refusal(
    'cli_not_trusted',
    `The certificate of ${server} is not trusted: ${why}`,
    "Sign in again with the platform's authority: bastide login --ca ca.crt …",
  );

export const answerUnreadable = (server: string) =>
  new Refusal(
    'cli_answer_unreadable',
    `${server} does not answer like a Bastide API`,
    'Check the address: bastide whoami',
  );

export const noServer = () =>
  new Refusal(
    'cli_no_server',
    'You are not signed in to a server',
    'Run: bastide login --server https://… --token …',
  );

export const noApp = () =>
  new Refusal(
    'cli_no_app',
    'It is not clear which app is meant',
    'Name it with --app, or write `app: NAME` into bastide.yaml.',
  );

export const usage = (message: string, next: string) => new Refusal('cli_usage', message, next);

export const configUnreadable = (file: string) =>
  new Refusal(
    'cli_config_unreadable',
    `${file} cannot be read as a configuration`,
    'Remove it and sign in again: bastide login',
  );

export const operationFailed = (kind: string) =>
  new Refusal('cli_operation_failed', `${kind} did not succeed`, 'See: bastide operations:info');

export const directoryUnreadable = (dir: string) =>
  new Refusal(
    'cli_directory_unreadable',
    `${dir} is not a directory that can be read`,
    'Name the directory of your app.',
  );

export const stillRunning = (operationId: string) =>
  new Refusal(
    'cli_stopped_watching',
    'You stopped watching; the operation goes on',
    `Watch it again with: bastide operations:watch ${operationId}`,
  );

export const sessionBroken = () =>
  new Refusal('cli_session_broken', 'The connection to the session broke', 'Open another one.');

export const stoppedSession = () =>
  new Refusal('cli_session_stopped', 'You ended the session', 'What it ran in is removed.');

export const nothingToWatch = () =>
  new Refusal('cli_nothing_to_watch', 'There is no operation to watch', 'See: bastide operations');

const Fields = z.object({ fields: z.array(z.object({ path: z.string(), message: z.string() })) });

/** PURE. What the API did not take, in the words of whoever typed it: no place in a request, and where the command is described. */
export function asTyped(refusal: Refusal, command: string): Refusal {
  const { data } = Fields.safeParse(refusal.details);
  if (refusal.code !== 'request_invalid' || !data) return refusal;
  const said = data.fields.map(({ path, message }) => `${path.split('.').at(-1) || 'it'}: ${message}`);
  return new Refusal(refusal.code, said.join('; '), `See: bastide ${command} --help`, refusal.details);
}

/** PURE. The same refusal, where the app's name came from the directory and not from the person. */
export const guessedApp = (refusal: Refusal): Refusal =>
  new Refusal(
    refusal.code,
    `${refusal.message} (the name comes from this directory)`,
    'Name the app with --app; list yours with: bastide apps',
    refusal.details,
  );

export const notConfirmed = (name: string) =>
  new Refusal('cli_not_confirmed', 'Nothing was destroyed', `Say that you mean it with: --confirm ${name}`);
