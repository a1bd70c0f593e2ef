import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import { sleep } from '../kernel/time.ts';
import type { Table } from './capability.ts';
import { claim, reclaim } from './journal.ts';
import { runOperation } from './run.ts';

export interface WorkerOptions {
  readonly db: Kysely<Database>;
  readonly table: Table;
  /** The name of this node. */
  readonly agent: string;
  /** Changes that may run at the same time on this node; streams have places of their own. */
  readonly places: { readonly changes: number; readonly streams: number };
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

  const lane = async (kinds: string[], places: number): Promise<void> => {
    const mine = new Set<Promise<void>>();
    while (!signal.aborted) {
      const heard = rings;
      while (mine.size < places && !signal.aborted) {
        const operation = await claim(db, agent, kinds).catch((error: unknown) => onError(error));
        if (!operation) break;
        const run = runOperation(db, table, operation, signal)
          .catch(onError)
          .finally(() => {
            mine.delete(run);
            running.delete(run);
            ring();
          });
        mine.add(run);
        running.add(run);
      }
      await rung(heard);
    }
  };
  const kinds = [...table.kinds.values()];
  const named = (stream: boolean) => kinds.filter((k) => (k.stream ?? false) === stream).map((k) => k.kind);
  await Promise.all([lane(named(false), options.places.changes), lane(named(true), options.places.streams)]);
  await Promise.all(running);
}
