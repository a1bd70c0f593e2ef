import { Refusal } from '../../kernel/refusal.ts';

export const notSignedIn = () =>
  new Refusal(
    'not_signed_in',
    'This needs a valid API token or session',
    'Run: bastide login --server https://…',
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

export const signInRefused = () =>
  new Refusal(
    'sign_in_refused',
    'The e-mail address or the password is wrong',
    'Try again, or sign in with a passkey. Lost? See: bastide account:recover --help',
  );

export const factorRefused = () =>
  new Refusal(
    'factor_refused',
    'The second factor is wrong, or was used already',
    'Wait for the next code, or use one of your recovery codes.',
  );

export const secondFactorNeeded = () =>
  new Refusal(
    'second_factor_needed',
    'The password alone does nothing: a second factor is missing',
    'Prove it, or enrol one: bastide login:confirm, bastide factors:add',
  );

export const stepUpNeeded = () =>
  new Refusal(
    'step_up_needed',
    'This needs a second factor that was proven in the last ten minutes',
    'Run: bastide login:confirm. A token cannot do it: sign in with bastide login',
  );

export const sessionNeeded = () =>
  new Refusal(
    'session_needed',
    'A token cannot do this: a person who is signed in can',
    'Run: bastide login --email …',
  );

export const sessionNotFound = () =>
  new Refusal('session_not_found', 'You have no such session', 'List them with: bastide sessions');

export const passwordShort = (least: number) =>
  new Refusal(
    'password_short',
    `A password has ${least} characters at least`,
    'Take four or five unusual words.',
  );

export const passwordKnown = () =>
  new Refusal(
    'password_known',
    'This password is on the lists that attackers try first',
    'Take four or five unusual words.',
  );

export const passwordWeak = () =>
  new Refusal(
    'password_weak',
    'This password would be guessed too soon',
    'Take four or five unusual words; your name and address do not count.',
  );

export const passwordMissing = () =>
  new Refusal(
    'password_without_email',
    'An account with a password needs an e-mail address',
    'Give one: bastide account:password --email …',
  );

export const emailTaken = () =>
  new Refusal(
    'email_taken',
    'An account with this address exists',
    'Sign in with it, then: bastide join. If it is not yours, the operator takes the address from it: bastide accounts:release-email.',
  );

export const emailNotFound = (email: string) =>
  new Refusal(
    'email_not_found',
    `No account that works has the address ${email}`,
    'It can be invited as it is.',
  );

export const emailFixed = () =>
  new Refusal('email_fixed', 'The account has an e-mail address already', 'Leave it out.');

export const accountTaken = (name: string) =>
  new Refusal('account_taken', `There is an account named ${name} already`, 'Choose another name.');

export const accountNotFound = (name: string) =>
  new Refusal('account_not_found', `There is no account ${name} here`, 'See: bastide members');

export const factorNotFound = () =>
  new Refusal('factor_not_found', 'You have no such second factor', 'List them with: bastide factors');

export const factorLast = () =>
  new Refusal(
    'factor_last',
    'This is the only second factor of the account',
    'Add another first: bastide factors:add',
  );

export const factorUnavailable = () =>
  new Refusal(
    'factor_unavailable',
    'Authenticator apps cannot be used here: the platform has no accounts key, or another one',
    'Use a passkey or a recovery code; on the server: npm run doctor',
  );

export const passkeyRefused = () =>
  new Refusal(
    'passkey_refused',
    'The passkey is unknown, was not unlocked by a person, or answers another question',
    'Try again; a passkey needs a PIN, a finger or a face.',
  );

export const recoveryRefused = () =>
  new Refusal(
    'recovery_refused',
    'The account cannot be recovered with this',
    'It takes the address, a recovery code and a code of the authenticator app, all right at once. See: bastide account:recover --help',
  );

export const invitationRefused = () =>
  new Refusal(
    'invitation_refused',
    'The invitation is unknown, used, revoked or expired, or for another address',
    'Ask for a new one.',
  );

export const devicePending = () =>
  new Refusal('device_pending', 'Nobody has approved the device yet', 'Ask again in a few seconds.');

export const deviceTooFast = (seconds: number) =>
  new Refusal('device_too_fast', 'The device asks too often', `Ask every ${seconds} seconds.`, { seconds });

export const deviceRefused = () =>
  new Refusal(
    'device_refused',
    'The device was turned down, took too long, or was signed in already',
    'Start again: bastide login',
  );

export const deviceBusy = () =>
  new Refusal('device_busy', 'Too many devices wait to be approved', 'Try again in ten minutes.');

export const deviceNotFound = () =>
  new Refusal(
    'device_not_found',
    'No device waits with this code',
    'Read it again; it ends after ten minutes.',
  );

export const actionUnknown = (action: string) =>
  new Refusal(
    'action_unknown',
    `There is no action ${action}`,
    'Actions look like apps:deploy; see docs/reference/permissions.md.',
  );

export const scopeEmpty = () =>
  new Refusal(
    'token_scope_unknown',
    'The token would be for an action or a project that is none, or not yours',
    'See: bastide tokens:create --help',
  );

export const resourceUnknown = () =>
  new Refusal(
    'resource_unknown',
    'There is nothing of this name in the organization',
    'Name it as organization, project:NAME or app:NAME.',
  );
