import { Refusal } from '../kernel/refusal.ts';

export const operationCancelled = () =>
  new Refusal('operation_cancelled', 'It was cancelled on request', 'Ask again when you are ready.');

export const engineBug = (what: string, message: string) =>
  new Refusal(
    'engine_bug',
    `${what}: ${message}`,
    'Try again; if it comes back, report it with the operation id.',
  );

export const unknownStep = (step: string) =>
  new Refusal('engine_unknown_step', `Nobody performs ${step}`, 'Report it with the operation id.');

export const noProgress = (summary: string) =>
  new Refusal('engine_no_progress', `"${summary}" does not take effect`, 'Try again; see the log.');

export const operationsWaiting = (who: string, waiting: number) =>
  new Refusal(
    'operations_waiting',
    `${who} ${waiting} operations that wait, and no more may`,
    'Wait until some have ended, or cancel what is not needed: bastide operations:cancel',
    { waiting },
  );
