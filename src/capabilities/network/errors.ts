import { Refusal } from '../../kernel/refusal.ts';

export const networkStepUnknown = (kind: string): Refusal =>
  new Refusal(
    'network_step_unknown',
    `There is no network step ${kind}`,
    'Upgrade every node to the same version.',
  );

export const networkInUse = (name: string): Refusal =>
  new Refusal(
    'network_in_use',
    `The network ${name} still has tasks`,
    'Remove the apps of the project, then try again.',
  );

export const networkUnreadable = (said: string): Refusal =>
  new Refusal('network_unreadable', `The addresses could not be read: ${said}`, 'Run npm run doctor.');
