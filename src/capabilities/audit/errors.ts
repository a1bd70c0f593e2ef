import { Refusal } from '../../kernel/refusal.ts';

export const alertNotFound = () =>
  new Refusal('alert_not_found', 'There is no such alert', 'List them with: bastide alerts');
