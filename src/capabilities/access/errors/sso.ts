import { Refusal } from '../../../kernel/refusal.ts';

export const ssoUnknown = (name: string) =>
  new Refusal(
    'sso_provider_unknown',
    `There is no OpenID provider ${name} here`,
    'List them with: bastide sso',
  );

export const ssoExists = () =>
  new Refusal(
    'sso_provider_exists',
    'There is a provider of this name or of this issuer already',
    'See: bastide sso. A new client secret: bastide sso:secret',
  );

export const ssoNotReady = (name: string) =>
  new Refusal(
    'sso_provider_not_ready',
    `The provider ${name} cannot be used at the moment`,
    'Sign in with a passkey or a password. An operator: bastide sso:check',
  );

export const ssoUnavailable = () =>
  new Refusal(
    'sso_unavailable',
    'Client secrets cannot be kept here: the platform has no accounts key, or another one',
    'On the server: npm run doctor',
  );

export const ssoBusy = () =>
  new Refusal('sso_busy', 'Too many people are signing in with a provider', 'Try again in ten minutes.');

export const ssoPending = () =>
  new Refusal('sso_pending', 'The provider is being asked', 'Ask again in a second.');

export const ssoRefused = () =>
  new Refusal(
    'sso_refused',
    'The sign-in with the provider took too long, was used already, or could not be verified',
    'Start again.',
  );

export const ssoNotLinked = (provider: string) =>
  new Refusal(
    'sso_not_linked',
    `Nobody here has linked an account to who you are at ${provider}`,
    'Sign in at /account as usual and link it there. An e-mail address links nothing.',
  );

export const ssoSubjectTaken = () =>
  new Refusal(
    'sso_subject_taken',
    'Who you are at the provider is linked to another account',
    'Unlink it there first: bastide sso:unlink',
  );

export const ssoLinked = (provider: string) =>
  new Refusal(
    'sso_linked_already',
    `Your account is linked at ${provider} already`,
    `To link another one there: bastide sso:unlink ${provider}`,
  );

export const ssoLinkNotFound = (provider: string) =>
  new Refusal('sso_link_not_found', `You have no link at ${provider}`, 'List them with: bastide sso:links');

export const ssoStepUnknown = () =>
  new Refusal('access_step_unknown', 'There is no such step of access', 'Update the agent.');

export const ssoSecretMissing = () =>
  new Refusal(
    'sso_secret_missing',
    'No client secret came',
    'Type it when it is asked for, or pipe it in: bastide sso:add … < secret.txt',
  );

export const ssoFileUnreadable = (file: string) =>
  new Refusal('sso_file_unreadable', `${file} cannot be read`, 'Name a PEM file with --ca.');
