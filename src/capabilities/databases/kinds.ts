import type { z } from 'zod';
import type { OperationKind } from '../../engine/capability.ts';
import { stepDone } from '../../engine/once.ts';
import type { Operation } from '../../engine/operation.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Step } from '../../kernel/step.ts';
import type { DatabasesDeps } from './deps.ts';
import { databaseInputInvalid } from './errors.ts';
import type { DatabaseFacts } from './facts.ts';
import { observeDatabase } from './observe.ts';
import { DatabasesInput } from './operations.ts';
import * as plans from './plan.ts';

type Plan<I> = (operation: Operation, facts: DatabaseFacts, input: I) => Outcome<readonly Step[]>;

/** The operations that databases knows. */
export function databasesKinds(deps: DatabasesDeps): OperationKind[] {
  const kind = <S extends z.ZodType<{ databaseId: string }>>(
    name: string,
    schema: S,
    plan: Plan<z.output<S>>,
    // One that waits for releases of apps must not take a place that those need.
    options: { stream?: boolean } = {},
  ): OperationKind<DatabaseFacts> => ({
    kind: name,
    ...options,
    async observe({ id, input }) {
      const parsed = schema.safeParse(input);
      return parsed.success ? observeDatabase(deps, parsed.data.databaseId, id) : databaseInputInvalid();
    },
    plan(operation, facts) {
      const parsed = schema.safeParse(operation.input);
      return parsed.success ? plan(operation, facts, parsed.data) : databaseInputInvalid();
    },
    result: (_operation, { database: { name: database, version } }) => ({ database, version }),
  });

  /** Shows something and leaves nothing behind to look at. */
  const once = (name: string, step: string, summary: string): OperationKind<boolean> => {
    const key = `databases.${step}:once`;
    return {
      kind: name,
      stream: true,
      observe: (operation) => stepDone(deps.db, operation.id, key),
      plan: (operation, done) =>
        done || operation.failure
          ? []
          : [{ capability: 'databases', kind: step, key, summary, input: operation.input }],
    };
  };

  const { one, attachment, rotate, fork, upgrade, extension, destroy } = DatabasesInput;
  const waiting = { stream: true };
  return [
    kind('databases.create', one, plans.planCreate),
    kind('databases.converge', one, plans.planConverge),
    kind('databases.attach', attachment, plans.planAttach, waiting),
    kind('databases.detach', attachment, plans.planDetach, waiting),
    kind('databases.promote', attachment, plans.planPromote, waiting),
    kind('databases.rotate', rotate, plans.planRotate, waiting),
    kind('databases.extension', extension, plans.planExtension),
    kind('databases.fork', fork, plans.planFork),
    kind('databases.upgrade', upgrade, plans.planUpgrade),
    kind('databases.downgrade', one, plans.planDowngrade),
    kind('databases.destroy', destroy, plans.planDestroy),
    once('databases.info', 'info', 'Ask it how it is'),
    once('databases.query', 'query', 'Run its client'),
    once('databases.session', 'session', 'Run its client at a terminal'),
  ] as OperationKind[];
}
