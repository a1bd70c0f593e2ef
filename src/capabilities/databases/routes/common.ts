import { z } from 'zod';
import type { Context, Work } from '../../../api/route.ts';
import type { TenantDb } from '../../../db/transaction.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { databaseNotReady } from '../errors.ts';
import { type DatabaseView, databaseHost, type PlanName } from '../model.ts';
import * as store from '../store.ts';

export const DatabaseParam = z
  .string()
  .max(40)
  .meta({ description: 'Name of the database', example: 'shop-db' });
export const DatabaseParams = z.strictObject({ database: DatabaseParam });
export const view = (row: store.DatabaseView): z.input<typeof DatabaseView> => ({
  name: row.name,
  engine: row.engine,
  version: row.version,
  plan: row.plan as PlanName,
  status: row.status,
  project: row.project,
  host: databaseHost(row.name),
  apps: row.apps,
  extensions: row.extensions,
  forkedFrom: row.forkedFrom,
  canGoBack: row.previous !== null,
  createdAt: row.created_at.toISOString(),
});

/** The database of a request's scope. */
export async function databaseOf(db: TenantDb, id: string): Promise<store.DatabaseView> {
  const [row] = await store.databaseViews(db, { id });
  if (!row) throw new Error('the scope named a database that is not there');
  return row;
}

/** The same, where it must be in use already. Refuses `database_not_ready`. */
export async function readyDatabase(db: TenantDb, id: string): Promise<Outcome<store.DatabaseView>> {
  const row = await databaseOf(db, id);
  return row.status === 'ready' ? row : databaseNotReady(row.name);
}

/** A handler that asks the agent for one thing to be done with a database that is in use. */
export const onReady =
  (work: (row: store.DatabaseView, context: Context<'database'>) => Work) =>
  async (context: Context<'database'>): Promise<Outcome<{ readonly operationId: string }>> => {
    const row = await readyDatabase(context.db, context.scope.databaseId);
    return isRefusal(row) ? row : context.submit(work(row, context));
  };
