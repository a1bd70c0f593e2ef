import { Refusal } from '../../kernel/refusal.ts';

export const notSignedIn = () =>
  new Refusal(
    'not_signed_in',
    'This needs a valid API token',
    'Run: bastide login --server https://… --token …',
  );

export const denied = (action: string, reason: string) =>
  new Refusal(
    'access_denied',
    `You may not do ${action} here: ${reason}`,
    'Ask an owner of the organization for a role that permits it. See: bastide whoami',
  );

export const bootstrapRefused = () =>
  new Refusal(
    'bootstrap_refused',
    'This bootstrap token is unknown, used or expired',
    'On the server, print a new one with: npm start -- --new-token',
  );

export const signInThrottled = (seconds: number) =>
  new Refusal('sign_in_throttled', 'Too many failed attempts', `Try again in ${seconds} seconds.`, {
    seconds,
  });

export const tokenNotFound = () =>
  new Refusal('token_not_found', 'You have no such token', 'List them with: bastide tokens');

export const tokenTooLong = (most: number) =>
  new Refusal('token_too_long', `A token lives ${most} days at most`, `Ask for ${most} days or fewer.`);
