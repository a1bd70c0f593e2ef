import { Refusal } from '../../kernel/refusal.ts';

export const appNotFound = (name: string) =>
  new Refusal('app_not_found', `There is no app ${name}`, 'See yours with: bastide apps');

export const appNameTaken = (name: string) =>
  new Refusal('app_name_taken', `The name ${name} is in use`, 'Choose another name.');

export const appNameHeld = (name: string, until: Date) =>
  new Refusal(
    'app_name_held',
    `The name ${name} was another organization's until a short while ago`,
    `Choose another name; this one is free on ${until.toISOString().slice(0, 10)}.`,
  );

export const noRelease = (name: string) =>
  new Refusal('app_no_release', `${name} has no release yet`, 'Deploy it first with: bastide deploy');

export const releaseNotFound = (version: number) =>
  new Refusal('release_not_found', `There is no release v${version}`, 'See them with: bastide releases');

export const releaseNeverLive = (version: number) =>
  new Refusal(
    'release_never_live',
    `v${version} failed or was cancelled before it served`,
    'Choose one that has served: bastide releases',
  );

export const nothingToRollBackTo = (name: string) =>
  new Refusal('release_no_previous', `${name} has no earlier release that was live`, 'See: bastide releases');

export const imageNotFound = (digest: string) =>
  new Refusal(
    'image_not_built_here',
    `No build of this organization made ${digest}`,
    'Deploy from a directory or a git URL.',
  );

export const processNotFound = (process: string, known: readonly string[]) =>
  new Refusal(
    'process_not_found',
    `There is no process ${process}; there is ${known.join(', ') || 'none'}`,
    'Add it to the Procfile and deploy.',
  );

export const phaseFailed = (code: number | undefined, lines: readonly string[]) =>
  new Refusal(
    'release_phase_failed',
    `The release phase ended with ${code ?? 'no exit code'}. It said:\n${lines.slice(-10).join('\n')}`,
    'What served before still serves. Mend the command and deploy again.',
  );

export const startFailed = (process: string, reason: string) =>
  new Refusal(
    'release_start_failed',
    `${process} does not start: ${reason}`,
    'See what it wrote last: bastide logs --release, with the version that bastide releases shows.',
  );

export const uploadMissing = () =>
  new Refusal('source_upload_missing', 'The uploaded source is gone', 'Run the deploy again.');

export const appDeleted = (name: string) =>
  new Refusal('app_deleted', `${name} was destroyed`, 'Create it again with: bastide apps:create');

export const appSuspended = (name: string) =>
  new Refusal(
    'app_suspended',
    `The project of ${name} is suspended`,
    'Start it again with: bastide projects:resume',
  );

export const appGone = () => new Refusal('app_not_found', 'The app is gone', 'See yours with: bastide apps');

export const buildGone = () => new Refusal('build_not_found', 'The build is gone', 'Deploy again.');

export const releaseGone = () =>
  new Refusal('release_not_found', 'The release is gone', 'See them with: bastide releases');

export const runTimedOut = (seconds: number) =>
  new Refusal('run_timeout', `The command took longer than ${seconds} s`, 'Run it in smaller parts.');

export const runFailed = (reason: string) =>
  new Refusal('run_failed', `The command did not run: ${reason}`, 'See the log of the operation.');

export const runStopped = () =>
  new Refusal('operation_cancelled', 'The command was stopped', 'Run it again when you are ready.');

export const configReserved = (name: string) =>
  new Refusal('config_reserved', `${name} is set by the platform`, 'Choose another name.');

export const projectNotReady = (name: string) =>
  new Refusal(
    'project_not_ready',
    `${name} has no key yet`,
    'Wait for its operation to end, then try again.',
  );

export const unknownAppsStep = (kind: string) =>
  new Refusal(
    'engine_unknown_step',
    `The apps capability does not know the step ${kind}`,
    'Report it with the operation id.',
  );

export const versionInvalid = (text: string) =>
  new Refusal('release_version_invalid', `${text} is no release`, 'Name one as v12; see: bastide releases');

export const assignmentInvalid = (word: string) =>
  new Refusal(
    'config_assignment_invalid',
    // What was meant as a value may be a secret: only the part before any = is repeated.
    `${word.includes('=') ? word.split('=')[0]?.slice(0, 40) || 'An empty name' : 'A word'} is no assignment`,
    'Write it as NAME=value, or NAME@file to read the value from a file.',
  );
export const configFileUnreadable = (name: string, file: string) =>
  new Refusal(
    'config_file_unreadable',
    `${file} cannot be read for ${name}`,
    'Name a text file, or - for standard input.',
  );

export const configUnset = (name: string) =>
  new Refusal('config_not_found', `${name} is not set`, 'See: bastide config');

export const configSecret = (name: string) =>
  new Refusal(
    'config_secret',
    `${name} is secret: nobody can read it again`,
    'Set it anew with: bastide config:set',
  );

export const scaleInvalid = (word: string) =>
  new Refusal('scale_invalid', `${word.slice(0, 40)} is no scale`, 'Write it as web=2.');

export const scaleTooMany = (word: string) =>
  new Refusal('scale_too_many', `${word.slice(0, 40)} is too many`, 'A process has at most 50 replicas.');

export const processUnknown = (name: string, running: readonly string[]) =>
  new Refusal(
    'process_unknown',
    `Nothing runs as ${name}`,
    running.length > 0 ? `These run: ${running.join(', ')}` : 'Nothing of the app runs; see: bastide ps',
  );
