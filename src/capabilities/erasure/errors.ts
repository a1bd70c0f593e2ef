import { Refusal } from '../../kernel/refusal.ts';

export const erasureGone = () =>
  new Refusal('erasure_gone', 'There is no such erasure', 'List them with: bastide projects:erasures');

export const erasureCancelled = () =>
  new Refusal('erasure_cancelled', 'The erasure was cancelled', 'Ask again with: bastide projects:erase');

export const erasureEarly = (until: string) =>
  new Refusal('erasure_early', `The grace period lasts until ${until}`, 'Wait, or cancel it.');

export const erasureAsked = (name: string) =>
  new Refusal(
    'erasure_asked',
    `The erasure of ${name} was asked for already`,
    'See it with: bastide projects:erasures',
  );

export const erasureNotAsked = (name: string) =>
  new Refusal(
    'erasure_not_asked',
    `There is no erasure of ${name} that could be cancelled`,
    'One that has begun cannot be taken back.',
  );

export const erasureNotConfirmed = (name: string) =>
  new Refusal(
    'erasure_not_confirmed',
    'The confirmation is not the name of the project',
    `Confirm with the name: ${name}`,
  );

export const erasureStepUnknown = (kind: string) =>
  new Refusal('erasure_step_unknown', `Nobody performs erasure.${kind}`, 'Report it with the operation id.');
