import { Refusal } from '../../kernel/refusal.ts';

export const projectGone = () =>
  new Refusal('storage_project_gone', 'The project is gone', 'List the projects with: bastide projects');

export const projectNotReady = () =>
  new Refusal(
    'storage_project_not_ready',
    'The project has no key to encrypt its storage with',
    'Wait until it was made, or see: bastide projects:info',
  );

export const projectSuspended = () =>
  new Refusal(
    'storage_locked',
    'The project is suspended and its storage locked',
    'Unlock it with: bastide projects:resume',
  );

export const storageNotReady = (projectId: string) =>
  new Refusal(
    'storage_not_ready',
    `The storage of ${projectId} is not open`,
    'Try again; see npm run doctor.',
  );

export const pathRefused = (path: string, why: string) =>
  new Refusal('storage_path_refused', `${path} is not used: ${why}`, 'Report it with the operation id.');

export const stepUnknown = (kind: string) =>
  new Refusal(
    'storage_step_unknown',
    `There is no step ${kind} of volumes`,
    'Upgrade every node to the same version.',
  );

export const stillRunning = (services: readonly string[]) =>
  new Refusal(
    'storage_still_running',
    `${[...new Set(services)].join(', ')} did not stop in time`,
    'Try again; if it does not stop then either, see its logs.',
  );

export const storageShrinks = (gib: number) =>
  new Refusal(
    'storage_shrinks',
    `The storage has ${gib} GiB already`,
    'Storage only grows. To make it smaller, export the project and import it anew.',
  );

export const storageInUse = () =>
  new Refusal(
    'storage_in_use',
    'This kernel does not let storage grow while something uses it',
    'Suspend the project, resize, and resume it: bastide projects:suspend',
  );

export const storageNotSuspended = () =>
  new Refusal(
    'storage_not_suspended',
    'Storage gets another key while the project stands still',
    'Suspend the project, ask again, and resume it: bastide projects:suspend',
  );

export const storageRekeying = () =>
  new Refusal(
    'storage_rekeying',
    'The storage is on its way to another key',
    'Wait until that operation has ended: bastide operations',
  );

export const volumeNotFound = (name: string) =>
  new Refusal('volume_not_found', `There is no volume ${name}`, 'List them with: bastide volumes');

export const volumeExists = (name: string) =>
  new Refusal('volume_exists', `There is a volume ${name} already`, 'Choose another name.');

export const volumeNotReady = (name: string) =>
  new Refusal('volume_not_ready', `The volume ${name} is not made yet`, 'Wait for its operation to end.');

export const volumeAttached = (name: string, apps: readonly string[]) =>
  new Refusal(
    'volume_attached',
    `${name} is attached to ${apps.join(', ')}`,
    'Detach it first with: bastide volumes:detach',
  );

export const mountTaken = (path: string) =>
  new Refusal('volume_mount_taken', `Something is mounted at ${path} already`, 'Choose another path.');

export const mountNested = (path: string, other: string) =>
  new Refusal(
    'volume_mount_nested',
    `${path} and ${other} lie within each other`,
    'Choose a path beside the other.',
  );

export const volumeNotAttached = (name: string, app: string) =>
  new Refusal('volume_not_attached', `${name} is not attached to ${app}`, 'See: bastide volumes:info');

export const inputInvalid = () =>
  new Refusal(
    'volumes_input_invalid',
    'The request is not one for volumes',
    'Report it with the operation id.',
  );

export const storageOverQuota = (): Refusal =>
  new Refusal(
    'storage_over_quota',
    'The storage of the organization would be more than its quota',
    'See it with: bastide quotas. The operator of this platform gives more: bastide quotas:set ORGANIZATION storage=…',
  );
