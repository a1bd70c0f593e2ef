import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { OperationKind } from '../../engine/capability.ts';
import { lookInvalid } from './errors.ts';
import { ObserveInput } from './model.ts';
import { planObserve, planRun, type RunFacts } from './plan.ts';
import { runsOf, seenFor } from './store.ts';

/** `controls.run`: waits for the prober, so that whoever asked can watch. It holds no place of a change. */
const runKind = (db: Kysely<Database>): OperationKind<RunFacts> => ({
  kind: 'controls.run',
  stream: true,
  observe: (operation) => runsOf(db, operation.id),
  plan: (operation, facts) => planRun(facts, operation.failure !== null),
  result: (_operation, { runs }) => ({
    runs: runs.map(({ control, verdict, reason }) => ({ control, verdict, reason })),
  }),
});

/** `controls.observe`: one raw look. What was seen is kept with the operation, for the prober that asked. */
const observeKind = (db: Kysely<Database>): OperationKind<boolean> => ({
  kind: 'controls.observe',
  async observe(operation) {
    return (await seenFor(db, operation.id)) !== undefined;
  },
  plan(operation, seen) {
    const input = ObserveInput.safeParse(operation.input);
    return input.success ? planObserve(input.data, seen, operation.failure !== null) : lookInvalid();
  },
});

/** The kinds of operation of this capability. */
export const controlsKinds = (db: Kysely<Database>): OperationKind[] => [
  runKind(db) as OperationKind,
  observeKind(db) as OperationKind,
];
