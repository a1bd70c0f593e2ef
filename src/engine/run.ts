import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import { isRefusal, type Outcome, type Refusal, refusalFrom } from '../kernel/refusal.ts';
import type { Step } from '../kernel/step.ts';
import type { OperationKind, StepContext, Table } from './capability.ts';
import { engineBug, noProgress, operationCancelled, unknownStep } from './errors.ts';
import * as journal from './journal.ts';
import { operationLog } from './log.ts';
import type { Operation } from './operation.ts';

/** How often the same step may come back before the operation is given up: a plan that does not advance is a bug. */
const REPEATS = 3;

/** A bug in a capability fails its operation, never the agent. */
async function guarded<T>(what: string, work: () => Promise<Outcome<T>> | Outcome<T>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return engineBug(what, message);
  }
}

function performerOf(table: Table, step: Step) {
  return (
    table.performers.get(step.capability) ?? (async () => unknownStep(`${step.capability}.${step.kind}`))
  );
}

/**
 * Carries one operation out: observe, plan, perform the first step, record, and again until the plan is empty.
 * Nothing of a plan is kept between two steps, so a crash at any point is settled by looking again.
 */
export async function runOperation(
  db: Kysely<Database>,
  table: Table,
  claimed: Operation,
  signal: AbortSignal,
): Promise<void> {
  const kind = table.kinds.get(claimed.kind) as OperationKind;
  const lines = operationLog(db, claimed.id);
  let operation = claimed;
  const stop = new AbortController();
  const context = (): StepContext => ({
    operation,
    log: lines.log,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  const beat = setInterval(() => {
    void journal.heartbeat(db, operation.id).then(
      (heard) => heard.cancelled && stop.abort(),
      () => undefined,
    );
  }, 2000);

  const fail = (refusal: Refusal) => {
    if (!operation.failure) operation = { ...operation, failure: refusal.toJSON() };
  };
  const finish = async (result: unknown) => {
    await lines.flush();
    const failure = operation.failure ? refusalFrom(operation.failure) : undefined;
    const status = !failure ? 'succeeded' : failure.code === 'operation_cancelled' ? 'cancelled' : 'failed';
    await journal.ended(db, operation, { status, ...(failure ? { failure } : { result }) });
  };

  const seen = new Map<string, number>();
  try {
    while (!signal.aborted) {
      if (stop.signal.aborted && !kind.stream) fail(operationCancelled());
      const facts = await guarded('looking', () => kind.observe(operation));
      if (isRefusal(facts)) {
        fail(facts);
        return await finish(undefined);
      }
      const steps = await guarded('planning', () => kind.plan(operation, facts, Date.now()));
      if (isRefusal(steps)) {
        const first = !operation.failure;
        fail(steps);
        if (first) continue;
        return await finish(undefined);
      }
      const step = steps[0];
      if (!step) return await finish(kind.result?.(operation, facts));

      const times = (seen.get(step.key) ?? 0) + 1;
      seen.set(step.key, times);
      if (times > REPEATS) {
        fail(noProgress(step.summary));
        return await finish(undefined);
      }
      const seq = await journal.stepStarted(db, operation, step);
      const outcome = await guarded(step.summary, () => performerOf(table, step)(step, context()));
      if (signal.aborted) return;
      const refusal = isRefusal(outcome) ? outcome : undefined;
      await journal.stepEnded(db, operation, step, seq, refusal);
      if (refusal) {
        const cleaning = operation.failure !== null;
        fail(refusal);
        if (cleaning && times >= REPEATS) return await finish(undefined);
      }
    }
  } finally {
    clearInterval(beat);
    await lines.flush();
  }
}
