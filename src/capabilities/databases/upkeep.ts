import { busy, busyTargets } from '../../engine/busy.ts';
import { submit } from '../../engine/submit.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseTarget } from './model.ts';
import { observeServers } from './observe.ts';
import { ensureRunning } from './plan.ts';
import * as store from './store.ts';

/** Looks in a row at which it did not run: the engine restarts a server that ended by itself. */
const PATIENCE = 3;
const DRIFT = 'system:drift';

async function notBusy(db: DatabasesDeps['db']): Promise<readonly store.DatabaseRow[]> {
  const wanted = await store.wantedDatabases(db);
  if (wanted.length === 0) return [];
  const taken = await busyTargets(db);
  return wanted.filter(({ id }) => !taken.has(databaseTarget(id)));
}

/** Drift: a database that should run and does not gets an operation that brings it back, and that is on record. */
export function makeDatabaseUpkeep(deps: DatabasesDeps): () => Promise<void> {
  const away = new Map<string, number>();
  return async () => {
    const idle = await notBusy(deps.db);
    const servers = await observeServers(deps, idle);
    if (isRefusal(servers)) return;
    for (const [i, row] of idle.entries()) {
      const target = databaseTarget(row.id);
      const wrong = ensureRunning(servers[i]!).length > 0;
      const times = wrong ? (away.get(row.id) ?? 0) + 1 : 0;
      away.set(row.id, times);
      // Asked again: the look at all of them took its time.
      if (times < PATIENCE || (await busy(deps.db, target))) continue;
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
