import { Refusal } from '../../kernel/refusal.ts';

const AGAIN = 'Open another one.';

export const tooManySessions = (most: number) =>
  new Refusal(
    'session_too_many',
    `Your organization has ${most} sessions open already`,
    'Close one, then open another.',
  );
export const sessionIdle = (minutes: number) =>
  new Refusal('session_idle', `Nothing was typed or shown for ${minutes} minutes`, AGAIN);
export const sessionTimeOver = (seconds: number) =>
  new Refusal('session_time_over', `The session took longer than ${seconds} s`, 'Give it longer: --seconds.');
export const sessionLeft = () =>
  new Refusal('session_left', 'The session ended because its terminal went away', AGAIN);
export const sessionInterrupted = () =>
  new Refusal('session_interrupted', 'The platform restarted during the session', AGAIN);
export const recordingFailed = (why: string) =>
  new Refusal(
    'recording_failed',
    `The session has to be recorded and cannot be: ${why}`,
    'An operator has to make room; on the server: npm run doctor',
  );
export const recordingFull = (most: number) =>
  new Refusal('recording_full', `The recording of the session has reached ${most} bytes`, AGAIN);
export const recordingNotFound = () =>
  new Refusal('recording_not_found', 'There is no such recording', 'List them with: bastide recordings');
export const recordingGone = () =>
  new Refusal('recording_gone', 'The file of this recording is not there', 'Its entry and checksum remain.');
export const recordingSpeed = (text: string) =>
  new Refusal('recording_speed_invalid', `${text} is no speed`, 'Write it as --speed 2, from 0.1 to 100.');
export const unknownTerminalsStep = (kind: string) =>
  new Refusal('terminals_step_unknown', `There is no step ${kind}`, 'Report it with the operation id.');
