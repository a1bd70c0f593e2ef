import { sql } from 'kysely';
import type { TenantDb } from '../../db/transaction.ts';
import { ended, type LogLine, type OperationView, type StepView } from '../../kernel/operation.ts';
import { type Refusal, refusalFrom } from '../../kernel/refusal.ts';
import { operationEnded } from '../errors.ts';
import type { ListQuery } from './model.ts';

const operations = (db: TenantDb) =>
  db
    .selectFrom('operations as o')
    .leftJoin('apps as a', 'a.id', 'o.app_id')
    .select([
      'o.id',
      'o.kind',
      'a.name as app',
      'o.status',
      'o.requested_by',
      'o.reason',
      'o.requested_at',
      'o.started_at',
      'o.finished_at',
      'o.failure',
      'o.result',
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof operations>['executeTakeFirstOrThrow']>>;

const view = (row: Row): OperationView => ({
  id: row.id,
  kind: row.kind,
  app: row.app,
  status: row.status,
  requestedBy: row.requested_by,
  reason: row.reason,
  requestedAt: row.requested_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  finishedAt: row.finished_at?.toISOString() ?? null,
  failure: row.failure,
  result: row.result,
});

export async function getOperation(db: TenantDb, id: string): Promise<OperationView> {
  return view(await operations(db).where('o.id', '=', id).executeTakeFirstOrThrow());
}

/** Why there is nothing to wait for; undefined while it is under way. */
export async function failureOf(db: TenantDb, id: string): Promise<Refusal | undefined> {
  const { status, failure } = await getOperation(db, id);
  if (!ended(status)) return undefined;
  return failure ? refusalFrom(failure) : operationEnded();
}

export async function listOperations(db: TenantDb, query: ListQuery): Promise<OperationView[]> {
  let select = operations(db).orderBy('o.requested_at', 'desc').orderBy('o.id', 'desc').limit(query.limit);
  if (query.app !== undefined) select = select.where('a.name', '=', query.app);
  if (query.status !== undefined) select = select.where('o.status', '=', query.status);
  return (await select.execute()).map(view);
}

export async function stepsOf(db: TenantDb, id: string): Promise<StepView[]> {
  const rows = await db
    .selectFrom('operation_steps')
    .selectAll()
    .where('operation_id', '=', id)
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    seq: row.seq,
    capability: row.capability,
    kind: row.kind,
    summary: row.summary,
    status: row.status,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    failure: row.failure,
  }));
}

/** Log lines after a position, at most `limit`. */
export async function logAfter(
  db: TenantDb,
  id: string,
  seq: number,
  limit: number,
): Promise<(LogLine & { seq: number })[]> {
  const rows = await db
    .selectFrom('operation_log')
    .select(['seq', 'at', 'source', 'line'])
    .where('operation_id', '=', id)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/** What the agent sent into the stream after a position. */
export function outputAfter(db: TenantDb, id: string, seq: number, limit: number) {
  return db
    .selectFrom('stream_chunks')
    .select(['seq', 'source', 'data'])
    .where('operation_id', '=', id)
    .where('direction', '=', 'output')
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
}

export async function addInput(db: TenantDb, id: string, source: string, data: string): Promise<void> {
  await db
    .insertInto('stream_chunks')
    .values({ operation_id: id, direction: 'input', source, data })
    .execute();
}

/** Says that somebody wants it to end; the agent decides how. */
export async function requestCancel(db: TenantDb, id: string): Promise<void> {
  await db
    .updateTable('operations')
    .set({ cancel_requested_at: sql`coalesce(cancel_requested_at, now())` })
    .where('id', '=', id)
    .execute();
}
