import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { OperationKind } from '../../engine/capability.ts';
import { inputInvalid } from './errors.ts';
import { CreateProjectKey, type KeyFacts } from './model.ts';
import { planProjectKey } from './plan.ts';
import { keyFacts } from './store.ts';

/** `keys.create-project`: submitted when a project is created. */
export const createProjectKind = (db: Kysely<Database>): OperationKind<KeyFacts> => ({
  kind: 'keys.create-project',
  async observe(operation) {
    const input = CreateProjectKey.safeParse(operation.input);
    return input.success ? keyFacts(db, input.data.projectId) : inputInvalid();
  },
  plan(operation, facts) {
    if (operation.failure) return [];
    const input = CreateProjectKey.safeParse(operation.input);
    return input.success ? planProjectKey(input.data.projectId, facts) : inputInvalid();
  },
});
