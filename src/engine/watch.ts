import { sleep } from '../kernel/time.ts';

/**
 * Milliseconds for which something that happened is watched closely: longer than the engine takes from a container
 * that starts to a task that says so, and from a task that is to end to its container's end.
 */
const CLOSELY = 15_000;

/** Followers look often while something happens, at once when it begins, and seldom while nothing does. */
export interface Watch {
  /** Something happens, or may. */
  ring(): void;
  /** Until it is time to look again: `quick` ms while something happens, else `idle` ms or the next ring. */
  pause(quick: number, idle: number, signal: AbortSignal): Promise<void>;
}

/** Watches closely at first: who has just begun knows nothing. */
export function makeWatch(clock: { now(): number; sleep: typeof sleep } = { now: Date.now, sleep }): Watch {
  let rung = clock.now();
  const waiting = new Set<AbortController>();
  return {
    ring() {
      rung = clock.now();
      for (const one of waiting) one.abort();
    },
    async pause(quick, idle, signal) {
      if (clock.now() - rung < CLOSELY) return clock.sleep(quick, signal);
      const woken = new AbortController();
      waiting.add(woken);
      await clock.sleep(idle, AbortSignal.any([signal, woken.signal]));
      waiting.delete(woken);
    },
  };
}
