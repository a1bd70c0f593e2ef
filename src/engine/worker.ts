import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import { sleep } from '../kernel/time.ts';
import type { Table } from './capability.ts';
import { type Lane, lanesOf, type Places } from './fairness.ts';
import { claim, reclaim } from './journal.ts';
import { runOperation } from './run.ts';

export interface WorkerOptions {
  readonly db: Kysely<Database>;
  readonly table: Table;
  /** The name of this node. */
  readonly agent: string;
  /** Changes that may run at the same time on this node; streams have places of their own (fairness.ts). */
  readonly places: Places;
  /** Calls back when an operation may be waiting. */
  readonly wake: (listener: () => void) => void;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks at the queue when nothing wakes us. */
const SWEEP = 2000;

/** Claims and runs operations until the signal aborts; what was interrupted last time is taken up first. */
export async function work(options: WorkerOptions): Promise<void> {
  const { db, table, agent, signal, onError } = options;
  const running = new Set<Promise<void>>();
  const bells = new Set<() => void>();
  // Counted, so that a ring while the queue is being looked at is not lost.
  let rings = 0;
  const ring = () => {
    rings += 1;
    for (const bell of bells) bell();
  };
  const rung = async (heard: number) => {
    if (rings !== heard) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    bells.add(resolve);
    await Promise.race([promise, sleep(SWEEP, signal)]);
    bells.delete(resolve);
  };
  options.wake(ring);

  await reclaim(db, agent);

  const run = async (lane: Lane): Promise<void> => {
    const mine = new Set<Promise<void>>();
    while (!signal.aborted) {
      const heard = rings;
      while (mine.size < lane.places && !signal.aborted) {
        const operation = await claim(db, agent, lane.kinds, lane).catch((error: unknown) => onError(error));
        if (!operation) break;
        const one = runOperation(db, table, operation, signal)
          .catch(onError)
          .finally(() => {
            mine.delete(one);
            running.delete(one);
            ring();
          });
        mine.add(one);
        running.add(one);
      }
      await rung(heard);
    }
  };
  await Promise.all(lanesOf(table.kinds.values(), options.places).map(run));
  await Promise.all(running);
}
