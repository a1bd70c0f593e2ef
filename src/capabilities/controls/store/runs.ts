import { sql } from 'kysely';
import type { TenantDb } from '../../../db/transaction.ts';
import { newId } from '../../../kernel/id.ts';
import { isDue } from '../plan.ts';
import { listControls } from './catalogue.ts';
import type { Prober } from './probers.ts';

/** Milliseconds after which a run that was taken and not answered may be taken again. */
const STALE = 2 * 3_600_000;

export async function addRuns(
  db: TenantDb,
  controls: readonly string[],
  asked: { operationId: string | null; actor: string },
): Promise<void> {
  if (controls.length === 0) return;
  await db
    .insertInto('control_runs')
    .values(
      controls.map((control) => ({
        id: newId(),
        control,
        operation_id: asked.operationId,
        requested_by: asked.actor,
      })),
    )
    .execute();
}

/** What a prober had taken when it ended goes back to the queue. */
export async function releaseRuns(db: TenantDb, proberId: string): Promise<void> {
  await db
    .updateTable('control_runs')
    .set({ prober_id: null, claimed_at: null })
    .where('prober_id', '=', proberId)
    .where('finished_at', 'is', null)
    .execute();
}

/** Controls whose turn it is and that no open run has. Drills have no turn: they are asked for. */
async function schedule(db: TenantDb, prober: Prober, now: Date): Promise<void> {
  const open = await db
    .selectFrom('control_runs')
    .select('control')
    .where('finished_at', 'is', null)
    .execute();
  const taken = new Set(open.map(({ control }) => control));
  const due = (await listControls(db, now)).filter(
    (one) =>
      one.when === 'anytime' &&
      (one.position === 'anywhere' || prober.position === 'outside') &&
      !taken.has(one.id) &&
      isDue(one.past, now.getTime()),
  );
  await addRuns(
    db,
    due.slice(0, 1).map(({ id }) => id),
    { operationId: null, actor: 'schedule' },
  );
}

/** The next run for this prober: what somebody asked for first, else what is due. */
export async function takeRun(
  db: TenantDb,
  prober: Prober,
  now: Date,
): Promise<{ run: string; control: string } | undefined> {
  const take = async () => {
    const { rows } = await sql<{ id: string; control: string }>`
      update control_runs set prober_id = ${prober.id}, claimed_at = ${now} where id = (
        select r.id from control_runs r join controls c on c.id = r.control
        where r.finished_at is null
          and (r.claimed_at is null or r.claimed_at < ${new Date(now.getTime() - STALE)})
          and (c.position = 'anywhere' or ${prober.position} = 'outside')
        order by (r.operation_id is null), r.requested_at, r.id limit 1 for update of r skip locked)
      returning id, control`.execute(db);
    return rows[0] && { run: rows[0].id, control: rows[0].control };
  };
  const asked = await take();
  if (asked) return asked;
  await schedule(db, prober, now);
  return take();
}

export async function finishRun(
  db: TenantDb,
  proberId: string,
  run: string,
  outcome: { verdict: 'held' | 'broken' | 'inconclusive' | 'not-applicable'; reason: string; seq: number },
  now: Date,
): Promise<void> {
  await db
    .updateTable('control_runs')
    .set({ finished_at: now, verdict: outcome.verdict, reason: outcome.reason, evidence_seq: outcome.seq })
    .where('id', '=', run)
    .where('prober_id', '=', proberId)
    .where('finished_at', 'is', null)
    .execute();
}

/** Whether this is an open run of this prober for this control. */
export async function isItsRun(
  db: TenantDb,
  proberId: string,
  run: string,
  control: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('control_runs')
    .select('id')
    .where('id', '=', run)
    .where('prober_id', '=', proberId)
    .where('control', '=', control)
    .executeTakeFirst();
  return row !== undefined;
}

/** What a prober asked the agent to look at; nobody else's. */
export async function observationOf(db: TenantDb, operationId: string, actor: string) {
  return db
    .selectFrom('operations as o')
    .leftJoin('control_observations as s', 's.operation_id', 'o.id')
    .select(['o.status', 'o.failure', 's.seen'])
    .where('o.id', '=', operationId)
    .where('o.kind', '=', 'controls.observe')
    .where('o.requested_by', '=', actor)
    .executeTakeFirst();
}
