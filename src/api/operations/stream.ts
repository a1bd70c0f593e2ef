import { ended, type OperationView, type StepView } from '../../kernel/operation.ts';
import type { StreamContext, StreamEvent } from '../route.ts';
import * as store from './store.ts';

/** Where a reader is: log lines, step changes and output chunks seen so far. */
export interface Position {
  readonly log: number;
  readonly steps: number;
  readonly output: number;
}

export function parsePosition(id: string | undefined): Position {
  const match = /^(\d{1,15})\.(\d{1,9})\.(\d{1,15})$/.exec(id ?? '');
  return match
    ? { log: Number(match[1]), steps: Number(match[2]), output: Number(match[3]) }
    : { log: 0, steps: 0, output: 0 };
}

export const renderPosition = ({ log, steps, output }: Position): string => `${log}.${steps}.${output}`;

/** The changes of all steps in order: each starts, and then ends. They run one after the other. */
export const stepChanges = (steps: readonly StepView[]): StepView[] =>
  steps.flatMap((step) =>
    step.status === 'started'
      ? [step]
      : [{ ...step, status: 'started', finishedAt: null, failure: null } satisfies StepView, step],
  );

const BATCH = 500;
/** Milliseconds between looks when nothing wakes us; a comment for the client goes out as often. */
const BEAT = 10_000;

/** Seen-in-one-transaction: what is new since the position, and how the operation is. */
async function look(ctx: StreamContext<'operation'>, at: Position) {
  const id = ctx.scope.operationId;
  return ctx.tenant(async (db) => {
    // The operation is read first: what it logged before it ended is then seen below.
    const operation: OperationView = await store.getOperation(db, id);
    const changes = stepChanges(await store.stepsOf(db, id)).slice(at.steps);
    const log = await store.logAfter(db, id, at.log, BATCH);
    // What a command or a question brought to light is for whoever asked: others see that it was asked.
    const mine = operation.requestedBy === ctx.actor.name;
    const output = mine ? await store.outputAfter(db, id, at.output, BATCH) : [];
    return { operation, changes, log, output };
  });
}

/** Kinds that are nothing but their reader: when that one is gone, so is their sense. */
const READERS = new Set(['apps.logs', 'apps.reveal']);

/** Follows an operation to its end, from a position. A reader that leaves `logs -t` ends it. */
export async function* follow(ctx: StreamContext<'operation'>, from: Position): AsyncGenerator<StreamEvent> {
  let last: OperationView | undefined;
  try {
    for await (const { operation, event } of events(ctx, from)) {
      last = operation;
      yield event;
    }
  } finally {
    if (last && READERS.has(last.kind) && !ended(last.status))
      await ctx.tenant((db) => store.requestCancel(db, ctx.scope.operationId));
  }
}

interface Told {
  readonly operation: OperationView;
  readonly event: StreamEvent;
}

async function* events(ctx: StreamContext<'operation'>, from: Position): AsyncGenerator<Told> {
  let at = from;
  let status: string | undefined;
  while (!ctx.signal.aborted) {
    await ctx.woken(ctx.scope.operationId, BEAT);
    const { operation, changes, log, output } = await look(ctx, at);
    if (operation.status !== status) {
      status = operation.status;
      yield { operation, event: { event: 'status', data: { status } } };
    }
    for (const step of changes) {
      at = { ...at, steps: at.steps + 1 };
      yield { operation, event: { id: renderPosition(at), event: 'step', data: step } };
    }
    for (const { seq, ...line } of log) {
      at = { ...at, log: seq };
      yield { operation, event: { id: renderPosition(at), event: 'log', data: line } };
    }
    for (const { seq, ...chunk } of output) {
      at = { ...at, output: seq };
      yield { operation, event: { id: renderPosition(at), event: 'output', data: chunk } };
    }
    const full = log.length === BATCH || output.length === BATCH;
    if (ended(operation.status) && !full) {
      yield { operation, event: { id: renderPosition(at), event: 'end', data: operation } };
      return;
    }
    if (changes.length + log.length + output.length === 0)
      yield { operation, event: { event: 'beat', data: {} } };
  }
}
