import { Refusal } from '../../kernel/refusal.ts';

export const appNotFound = (name: string) =>
  new Refusal('app_not_found', `There is no app ${name}`, 'See yours with: bastide apps');

export const appNameTaken = (name: string) =>
  new Refusal('app_name_taken', `The name ${name} is in use`, 'Choose another name.');

export const noRelease = (name: string) =>
  new Refusal('app_no_release', `${name} has no release yet`, 'Deploy it first with: bastide deploy');

export const releaseNotFound = (version: number) =>
  new Refusal('release_not_found', `There is no release v${version}`, 'See them with: bastide releases');

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
    'The old release still serves. Mend the command and deploy again.',
  );

export const startFailed = (process: string, reason: string) =>
  new Refusal(
    'release_start_failed',
    `${process} does not start: ${reason}`,
    'See its output with: bastide logs',
  );

export const uploadMissing = () =>
  new Refusal('source_upload_missing', 'The uploaded source is gone', 'Run the deploy again.');
