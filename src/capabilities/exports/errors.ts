import { Refusal } from '../../kernel/refusal.ts';

export const exportGone = () =>
  new Refusal('export_gone', 'There is no such export', 'Ask for one with: bastide projects:export');

export const exportNotReady = () =>
  new Refusal('export_not_ready', 'The export is not ready', 'Wait for its operation to end.');

export const exportStorageLocked = (project: string) =>
  new Refusal(
    'export_storage_locked',
    `The storage of ${project} is locked`,
    'Resume the project, then ask again.',
  );

export const exportFailed = (what: string, why: string) =>
  new Refusal('export_failed', `${what} could not be exported: ${why}`, 'Ask again.');

export const exportStepUnknown = (kind: string) =>
  new Refusal('export_step_unknown', `Nobody performs exports.${kind}`, 'Report it with the operation id.');
