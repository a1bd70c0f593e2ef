import type { Kysely } from 'kysely';
import type { Keychain } from '../../adapters/envelope/port.ts';
import type { Database } from '../../db/schema.ts';
import type { Perform } from '../../engine/capability.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { inputInvalid } from './errors.ts';
import { KeysStep } from './model.ts';
import { saveProjectKey } from './store.ts';

/** Steps of the keys capability. */
export const performKeys =
  (db: Kysely<Database>, keychain: Keychain): Perform =>
  async (step) => {
    const input = KeysStep.createProjectKey.safeParse(step.input);
    if (step.kind !== 'createProjectKey' || !input.success) return inputInvalid();
    const key = await keychain.createProjectKey(input.data.projectId);
    if (isRefusal(key)) return key;
    await saveProjectKey(db, input.data.projectId, key);
    return undefined;
  };
