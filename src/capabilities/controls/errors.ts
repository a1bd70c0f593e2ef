import { Refusal } from '../../kernel/refusal.ts';

export const controlNotFound = (id: string): Refusal =>
  new Refusal('control_not_found', `There is no control ${id}`, 'See: bastide controls');

export const controlsNoneSelected = (): Refusal =>
  new Refusal(
    'controls_none_selected',
    'No control fits: drills run only when they are asked for',
    'See: bastide controls; add --drills for those that disturb.',
  );

export const controlsNoProber = (): Refusal =>
  new Refusal(
    'controls_no_prober',
    'No prober has taken the run up',
    'See: npm run doctor for bastide-prober; a control from outside needs a prober on another machine: bastide controls:enrol.',
  );

export const controlsTookTooLong = (left: readonly string[]): Refusal =>
  new Refusal(
    'controls_took_too_long',
    `Still without a verdict: ${left.join(', ')}`,
    'See: bastide controls:show ID; run them again one by one.',
  );

export const enrolmentRefused = (): Refusal =>
  new Refusal(
    'enrolment_refused',
    'The token is unknown, used or expired, or the key is not an Ed25519 key',
    'Make another with: bastide controls:enrol',
  );

export const proberUnknown = (): Refusal =>
  new Refusal(
    'prober_not_found',
    'This account belongs to no prober',
    'Enrol it with a token of: bastide controls:enrol',
  );

export const evidenceRefused = (why: string): Refusal =>
  new Refusal(
    'evidence_refused',
    `The evidence is not taken: ${why}`,
    'A prober that lost its place in the chain enrols again, with a new key.',
  );

export const canariesMissing = (): Refusal =>
  new Refusal(
    'controls_canaries_missing',
    'The canary projects are not there yet',
    'Make them with: bastide controls:setup',
  );

export const observationNotFound = (): Refusal =>
  new Refusal('observation_not_found', 'There is no such look of this prober', 'Ask for one first.');

export const lookInvalid = (): Refusal =>
  new Refusal(
    'controls_input_invalid',
    'The stored input of this operation is not a look or a run',
    'Nothing was done; ask again.',
  );

export const flushFailed = (said: string): Refusal =>
  new Refusal(
    'controls_flush_failed',
    `What was written could not be brought to the disk: ${said}`,
    'See whether the storage of the canary project is unlocked: bastide controls:setup',
  );

export const evidenceFileUnreadable = (path: string): Refusal =>
  new Refusal(
    'evidence_file_unreadable',
    `${path} is no file of evidence`,
    'Make one with: bastide controls:export --output FILE',
  );

export const evidenceFileBroken = (faults: readonly string[]): Refusal =>
  new Refusal(
    'evidence_file_broken',
    `The evidence does not hold together: ${faults.slice(0, 3).join('; ')}`,
    'Compare it with an earlier export: what was signed before cannot change.',
    { faults: [...faults] },
  );
