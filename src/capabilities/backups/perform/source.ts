import { isRefusal } from '../../../kernel/refusal.ts';
import type { BackupsDeps } from '../deps.ts';
import { notNow, sourceGone } from '../errors.ts';
import * as store from '../store.ts';

/** A database that can be backed up now, and a way into its server. Refuses `backup_source_gone` and `backup_source_not_ready`. */
export async function runningDatabase(deps: Pick<BackupsDeps, 'db' | 'session'>, databaseId: string) {
  const row = await store.databaseRow(deps.db, databaseId);
  if (!row || row.status === 'destroyed') return sourceGone('database');
  if (row.status !== 'ready') return notNow(row.name, row.status);
  const session = await deps.session(databaseId);
  return isRefusal(session) ? session : { row, session };
}
