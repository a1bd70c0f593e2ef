import type { Millis } from '../kernel/time.ts';

/** Failed attempts that an address may make in a window, and all addresses together. */
const WINDOW = 60_000;
const PER_KEY = 10;
const KEYS = 10_000;

/**
 * Slows guessing down: after ten failures in a minute an address waits for the minute to end.
 * There is no lock on an account, which somebody else could trigger.
 */
export class Throttle {
  readonly #failures = new Map<string, { count: number; until: Millis }>();

  /** Seconds to wait, or 0. */
  wait(key: string, now: Millis): number {
    const seen = this.#failures.get(key);
    if (!seen || seen.until <= now || seen.count < PER_KEY) return 0;
    return Math.ceil((seen.until - now) / 1000);
  }

  failed(key: string, now: Millis): void {
    const seen = this.#failures.get(key);
    if (seen && seen.until > now) {
      seen.count += 1;
      return;
    }
    if (this.#failures.size >= KEYS) this.#forget(now);
    this.#failures.set(key, { count: 1, until: now + WINDOW });
  }

  /** Expired ones go; where all are fresh, the oldest tenth does. */
  #forget(now: Millis): void {
    for (const [key, { until }] of this.#failures) if (until <= now) this.#failures.delete(key);
    if (this.#failures.size < KEYS) return;
    for (const key of [...this.#failures.keys()].slice(0, KEYS / 10)) this.#failures.delete(key);
  }
}
