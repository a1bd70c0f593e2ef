import { Refusal } from '../../kernel/refusal.ts';

export const databaseGone = () =>
  new Refusal('database_not_found', 'The database is gone', 'See yours with: bastide databases');

export const databaseNameTaken = (name: string) =>
  new Refusal('database_name_taken', `The name ${name} is in use`, 'Choose another name.');

export const databaseNotReady = (name: string) =>
  new Refusal(
    'database_not_ready',
    `${name} is not ready yet`,
    'Wait until its operation has ended: bastide operations',
  );

export const databaseVersionUnknown = (version: string, known: readonly string[]) =>
  new Refusal(
    'database_version_unknown',
    `There is no version ${version}`,
    `Choose one of ${known.join(', ')}.`,
  );

export const databaseNotNewer = (version: string) =>
  new Refusal(
    'database_version_not_newer',
    `${version} is not newer than what it runs`,
    'See: bastide databases',
  );

export const databaseElsewhere = (app: string, name: string) =>
  new Refusal(
    'database_other_project',
    `${app} and ${name} are not in the same project`,
    'A database is shared between the apps of its own project only.',
  );

export const databaseAttachedAlready = (app: string, name: string) =>
  new Refusal('database_attached', `${name} is attached to ${app} already`, 'See: bastide databases');

export const databaseNotAttached = (app: string, name: string) =>
  new Refusal('database_not_attached', `${name} is not attached to ${app}`, 'See: bastide databases');

export const databaseInUse = (name: string, apps: readonly string[]) =>
  new Refusal(
    'database_in_use',
    `${name} is attached to ${apps.join(', ')}`,
    'Detach it first, for example with: bastide pg:detach',
  );

export const variableTaken = (variable: string, app: string) =>
  new Refusal(
    'database_variable_taken',
    `${app} has a config var ${variable} of its own`,
    `Remove it first: bastide config:unset ${variable}`,
  );

export const databaseStartFailed = (name: string, why: string) =>
  new Refusal('database_start_failed', `${name} does not start: ${why}`, 'See the log of the operation.');

export const databaseNotRunning = (name: string) =>
  new Refusal('database_not_running', `${name} does not run at the moment`, 'Try again in a minute.');

export const databaseReleaseFailed = (app: string) =>
  new Refusal(
    'database_release_failed',
    `The release of ${app} with the new credentials did not become live`,
    'Both users stay valid. Mend the app, then ask for it again.',
  );

export const databaseReleaseSlow = (app: string) =>
  new Refusal(
    'database_release_slow',
    `The release of ${app} with the new credentials takes too long`,
    'Both users stay valid. Ask for it again later.',
  );

export const databaseCopyDiffers = (what: string) =>
  new Refusal(
    'database_copy_differs',
    `The copy is not equal to the original: ${what}`,
    'The original goes on as it was. Report it with the operation id.',
  );

export const databaseNoWayBack = (name: string) =>
  new Refusal(
    'database_no_way_back',
    `${name} has no earlier version to go back to`,
    'Restore a backup instead.',
  );

export const databaseFilesFailed = (what: string) =>
  new Refusal(
    'database_files_failed',
    `A file of the database cannot be written: ${what}`,
    'Run npm run doctor on the server.',
  );

export const databaseInputInvalid = () =>
  new Refusal(
    'database_input_invalid',
    'The request for a database is not whole',
    'Report it with the operation id.',
  );

export const databaseStepUnknown = (kind: string) =>
  new Refusal(
    'engine_unknown_step',
    `The databases capability does not know the step ${kind}`,
    'Report it with the operation id.',
  );

export const familyWrong = (name: string, engine: string) =>
  new Refusal(
    'database_other_engine',
    `${name} is ${engine}`,
    'Use the verbs of its kind: pg:, mysql: or redis:',
  );

export const projectWithoutKey = (name: string) =>
  new Refusal(
    'project_not_ready',
    `${name} has no key yet`,
    'Wait for its operation to end, then try again.',
  );

export const appUnknown = (name: string) =>
  new Refusal('app_not_found', `You have no app ${name}`, 'List them with: bastide apps');

export const extensionNotOffered = (name: string, known: readonly string[]) =>
  new Refusal(
    'database_extension_unknown',
    `${name} is not an extension that can be used here`,
    known.length > 0 ? `Choose one of ${known.join(', ')}.` : 'This kind of database has none.',
  );
