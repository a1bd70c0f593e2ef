import { busy } from '../../engine/busy.ts';
import { submit } from '../../engine/submit.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseTarget } from './model.ts';
import { observeDatabase } from './observe.ts';
import { ensureRunning } from './plan.ts';
import * as store from './store.ts';

/** Looks in a row at which it did not run: the engine restarts a server that ended by itself. */
const PATIENCE = 3;
const DRIFT = 'system:drift';

/** Drift: a database that should run and does not gets an operation that brings it back, and that is on record. */
export function makeDatabaseUpkeep(deps: DatabasesDeps): () => Promise<void> {
  const away = new Map<string, number>();
  return async () => {
    for (const row of await store.wantedDatabases(deps.db)) {
      const target = databaseTarget(row.id);
      if (await busy(deps.db, target)) continue;
      const facts = await observeDatabase(deps, row.id);
      const wrong = !isRefusal(facts) && ensureRunning(facts).length > 0;
      const times = wrong ? (away.get(row.id) ?? 0) + 1 : 0;
      away.set(row.id, times);
      if (times < PATIENCE) continue;
      away.delete(row.id);
      await deps.db.transaction().execute((tx) =>
        submit(tx, {
          kind: 'databases.converge',
          target,
          organizationId: row.organization_id,
          projectId: row.project_id,
          input: { databaseId: row.id },
          actor: DRIFT,
          reason: 'it does not run as wanted',
        }),
      );
    }
  };
}
