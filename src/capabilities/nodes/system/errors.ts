import { Refusal } from '../../../kernel/refusal.ts';

export const settingsInvalid = (why: string): Refusal =>
  new Refusal(
    'settings_invalid',
    `The settings are wrong: ${why}`,
    'Correct /etc/bastide/bastide.json and run npm start again.',
  );

export const partUnhealthy = (part: string, why: string): Refusal =>
  new Refusal(
    'system_part_unhealthy',
    `${part} did not become healthy: ${why}`,
    'See npm run doctor and /var/log/bastide/agent/current, then npm start again.',
    { part },
  );

export const databaseFailed = (doing: string, said: string): Refusal =>
  new Refusal(
    'system_database_failed',
    `${doing} failed: ${said}`,
    'See the free disk space and npm run doctor, then npm start again.',
  );

export const bundleMissing = (path: string): Refusal =>
  new Refusal('system_bundle_missing', `The API's bundle ${path} is missing`, 'Run npm start: it builds it.');
