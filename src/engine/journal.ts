import { type Kysely, sql } from 'kysely';
import type { Database } from '../db/schema.ts';
import type { Refusal } from '../kernel/refusal.ts';
import type { Step } from '../kernel/step.ts';
import { ALONE, type Lane } from './fairness.ts';
import type { Operation } from './operation.ts';

/** Seconds without a heartbeat after which another agent may take an operation over. */
const STALE_SECONDS = 30;

interface Row {
  id: string;
  kind: string;
  target: string;
  organization_id: string | null;
  project_id: string | null;
  app_id: string | null;
  input: unknown;
  requested_by: string;
  attempts: number;
  failure: unknown;
  cancel_requested_at: unknown;
  grant_id: string | null;
}

const fromRow = (row: Row): Operation => ({
  id: row.id,
  kind: row.kind,
  target: row.target,
  organizationId: row.organization_id,
  projectId: row.project_id,
  appId: row.app_id,
  input: row.input,
  requestedBy: row.requested_by,
  attempts: row.attempts,
  failure: row.failure as Operation['failure'],
  cancelRequested: row.cancel_requested_at !== null,
  ...(row.grant_id === null ? {} : { grant: row.grant_id }),
});

/**
 * Claims an operation that may run: queued, or left behind by an agent that is gone. Of the organizations that hold
 * less than their share of the lane the one that holds least has its oldest; on one target it goes by age alone.
 * The operation row is the queue (docs/decisions): what is asked for and what is queued cannot disagree.
 */
export async function claim(
  db: Kysely<Database>,
  agent: string,
  kinds: readonly string[],
  { keptFor, share }: Pick<Lane, 'keptFor' | 'share'> = ALONE,
): Promise<Operation | undefined> {
  const named = kinds as string[];
  const inLane = (table: string) =>
    keptFor
      ? sql`(${sql.ref(`${table}.organization_id`)} is null or ${sql.ref(`${table}.kind`)} = any(${keptFor as string[]}))`
      : sql`true`;
  const { rows } = await sql<Row>`
    with held as (
      select h.organization_id, h.requested_by, count(*) as places from operations h
      where h.status = 'running' and h.agent = ${agent} and h.kind = any(${named}) and ${inLane('h')}
      group by 1, 2)
    update operations set status = 'running', agent = ${agent}, heartbeat_at = now(), attempts = attempts + 1,
      started_at = coalesce(started_at, now())
    where id = (
      select o.id from operations o
      cross join lateral (
        select coalesce(sum(h.places), 0) as organization,
          coalesce(sum(h.places) filter (where h.requested_by = o.requested_by), 0) as account
        from held h where h.organization_id is not distinct from o.organization_id) has
      where o.kind = any(${named}) and ${inLane('o')} and (
        (o.status = 'queued' and (o.grant_id is null or bastide_grant_lives(o.grant_id)) and has.organization < ${share.organization}
          and has.account < ${share.account}
          and not exists (
            select 1 from operations r where r.target = o.target and r.status = 'running')
          and not exists (
            select 1 from operations e where e.target = o.target and e.status = 'queued' and e.kind = any(${named})
              and (e.requested_at, e.id) < (o.requested_at, o.id)))
        or (o.status = 'running' and o.heartbeat_at < now() - make_interval(secs => ${STALE_SECONDS})))
      order by has.organization, o.requested_at, o.id for update of o skip locked limit 1)
    returning *`.execute(db);
  return rows[0] && fromRow(rows[0]);
}

/** At start: what this node's agent was doing when it ended goes back to the head of the queue. */
export async function reclaim(db: Kysely<Database>, agent: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update operations set status = 'queued', heartbeat_at = null where status = 'running' and agent = ${agent}`.execute(
    db,
  );
  await sql`
    update operation_steps set status = 'failed', finished_at = now(),
      failure = '{"code":"engine_interrupted","message":"the agent ended during this step","next":"Nothing to do: it is looked at again."}'
    where status = 'started' and operation_id in (select id from operations where status = 'queued')`.execute(
    db,
  );
  return Number(numAffectedRows ?? 0n);
}

/** Says that the operation is still being worked on; answers whether somebody wants it to end. */
export async function heartbeat(db: Kysely<Database>, id: string): Promise<{ cancelled: boolean }> {
  const row = await db
    .updateTable('operations')
    .set({ heartbeat_at: sql`now()` })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .returning('cancel_requested_at')
    .executeTakeFirst();
  return { cancelled: row === undefined || row.cancel_requested_at !== null };
}

async function audit(
  db: Kysely<Database>,
  operation: Operation,
  entry: { action: string; outcome: 'started' | 'done' | 'failed'; detail: unknown },
): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      actor: operation.requestedBy,
      action: entry.action,
      target: operation.target,
      organization_id: operation.organizationId,
      outcome: entry.outcome,
      operation_id: operation.id,
      detail: JSON.stringify(entry.detail),
    })
    .execute();
}

/** Written before anything is touched. Answers the step's number. */
export async function stepStarted(db: Kysely<Database>, operation: Operation, step: Step): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ seq: number }>`
      insert into operation_steps (operation_id, seq, capability, kind, key, summary, status)
      select ${operation.id}, coalesce(max(seq), 0) + 1, ${step.capability}, ${step.kind}, ${step.key}, ${step.summary}, 'started'
      from operation_steps where operation_id = ${operation.id} returning seq`.execute(tx);
    await audit(tx, operation, {
      action: `${step.capability}.${step.kind}`,
      outcome: 'started',
      detail: { summary: step.summary },
    });
    return rows[0]!.seq;
  });
}

/** The outcome of a step; a failure is remembered on the operation, so that a restart goes on with the clean-up. */
export async function stepEnded(
  db: Kysely<Database>,
  operation: Operation,
  step: Step,
  seq: number,
  refusal: Refusal | undefined,
): Promise<void> {
  const failure = refusal ? JSON.stringify(refusal) : null;
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('operation_steps')
      .set({ status: refusal ? 'failed' : 'done', finished_at: sql`now()`, failure })
      .where('operation_id', '=', operation.id)
      .where('seq', '=', seq)
      .execute();
    if (refusal && !operation.failure) {
      await tx.updateTable('operations').set({ failure }).where('id', '=', operation.id).execute();
    }
    await audit(tx, operation, {
      action: `${step.capability}.${step.kind}`,
      outcome: refusal ? 'failed' : 'done',
      detail: refusal ? { code: refusal.code } : {},
    });
  });
}

/** ONE transaction: outcome and audit line; the triggers notify whoever watches. */
export async function ended(
  db: Kysely<Database>,
  operation: Operation,
  outcome: { status: 'succeeded' | 'failed' | 'cancelled'; failure?: Refusal; result?: unknown },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('operations')
      .set({
        status: outcome.status,
        finished_at: sql`now()`,
        failure: outcome.failure ? JSON.stringify(outcome.failure) : null,
        result: outcome.result === undefined ? null : JSON.stringify(outcome.result),
      })
      .where('id', '=', operation.id)
      .execute();
    await audit(tx, operation, {
      action: operation.kind,
      outcome: outcome.status === 'succeeded' ? 'done' : 'failed',
      detail: outcome.failure ? { code: outcome.failure.code } : {},
    });
  });
}
