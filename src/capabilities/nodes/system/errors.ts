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

export const storageKeyMissing = (file: string): Refusal =>
  new Refusal(
    'storage_key_missing',
    `The platform's state is encrypted and its key ${file} is not there`,
    'Put the file back from the recovery kit or a backup of /etc/bastide; a new one opens nothing.',
  );

export const storageNoOverlay = (): Refusal =>
  new Refusal(
    'storage_no_overlay',
    "This kernel cannot put the engine's layers on an encrypted directory",
    'Boot a newer kernel; or encrypt the disk below and set "platformEncryption": "off" in /etc/bastide/bastide.json.',
  );

export const storageMoveFailed = (source: string, said: string): Refusal =>
  new Refusal(
    'storage_move_failed',
    `${source} could not be moved into encrypted storage: ${said}`,
    'Nothing was lost: it is where it was. See the free space, then npm start again.',
  );

export const storageMoveRoom = (source: string, bytes: number): Refusal =>
  new Refusal(
    'storage_move_room',
    `To move ${source} into encrypted storage, ${Math.ceil(bytes / 1024 ** 2)} MiB must be free`,
    'Free space, then npm start again.',
  );
