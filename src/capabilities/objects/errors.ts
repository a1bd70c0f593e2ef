import { Refusal } from '../../kernel/refusal.ts';

export const storeNotFound = (name: string) =>
  new Refusal('objects_not_found', `There is no object store ${name}`, 'List them with: bastide objects');

export const storeExists = (name: string) =>
  new Refusal('objects_exists', `There is an object store ${name} already`, 'Choose another name.');

export const storeNotReady = (name: string) =>
  new Refusal('objects_not_ready', `${name} was not accepted yet`, 'Wait for its operation to end.');

export const storeAttached = (name: string, apps: readonly string[]) =>
  new Refusal(
    'objects_attached',
    `${name} is attached to ${apps.join(', ')}`,
    'Detach it first with: bastide objects:detach',
  );

export const storeAttachedAlready = (name: string, app: string) =>
  new Refusal(
    'objects_attached_already',
    `${name} is attached to ${app} already`,
    'See: bastide objects:info',
  );

export const storeNotAttached = (name: string, app: string) =>
  new Refusal('objects_not_attached', `${name} is not attached to ${app}`, 'See: bastide objects:info');

export const variableTaken = (variable: string, app: string) =>
  new Refusal(
    'objects_variable_taken',
    `${app} has a config var ${variable} of its own`,
    'Remove it with config:unset, or attach with --own-names, which sets none of the common ones.',
  );

export const projectWithoutKey = (name: string) =>
  new Refusal(
    'objects_project_not_ready',
    `${name} has no key yet to seal the secret with`,
    'Wait for its operation to end, then try again.',
  );

export const releaseFailed = (app: string) =>
  new Refusal(
    'objects_release_failed',
    `The release of ${app} did not become live`,
    'Mend the app, then ask for it again. Keep the old key at the provider until then.',
  );

export const releaseSlow = (app: string) =>
  new Refusal(
    'objects_release_slow',
    `The release of ${app} takes too long`,
    'Ask for it again later. Keep the old key at the provider until then.',
  );

export const secretMissing = () =>
  new Refusal(
    'objects_secret_missing',
    'No secret key was given',
    'Type it when asked, or send it on standard input; it is never an argument.',
  );

export const inputInvalid = () =>
  new Refusal(
    'objects_input_invalid',
    'The request is not one for object stores',
    'Report it with the operation id.',
  );

export const stepUnknown = (kind: string) =>
  new Refusal(
    'objects_step_unknown',
    `There is no step ${kind} of object stores`,
    'Upgrade every node to the same version.',
  );
