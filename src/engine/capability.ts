import type { Outcome } from '../kernel/refusal.ts';
import type { Step } from '../kernel/step.ts';
import type { Millis } from '../kernel/time.ts';
import type { Operation } from './operation.ts';

/** What a step is given besides its input. */
export interface StepContext {
  readonly operation: Operation;
  /** One line of progress for the person who asked; kept with the operation. */
  log(line: string, source?: string): void;
  /** Aborts when the operation is cancelled or the agent stops. */
  readonly signal: AbortSignal;
}

/** How operations of one kind are carried out: look, plan, and say what came of it. */
export interface OperationKind<Facts = unknown> {
  readonly kind: string;
  /** A stream (logs -t, run) has a person waiting at the other end: it does not queue behind changes. */
  readonly stream?: boolean;
  observe(operation: Operation): Promise<Outcome<Facts>>;
  /** Pure. Empty means done. With `operation.failure` set it plans the clean-up. */
  plan(operation: Operation, facts: Facts, now: Millis): Outcome<readonly Step[]>;
  /** What the operation answers when it succeeded. */
  result?(operation: Operation, facts: Facts): unknown;
}

/** Performs the steps of one capability. Every step must be idempotent: it may be run again after a crash. */
export type Perform = (step: Step, context: StepContext) => Promise<Outcome<void>>;

/** The agent's table of contents: the kinds of operation it knows and who performs which steps. */
export interface Table {
  readonly kinds: ReadonlyMap<string, OperationKind>;
  readonly performers: ReadonlyMap<string, Perform>;
}
