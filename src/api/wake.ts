/** Tells streams that something was logged for their operation. One hub in a process, fed by LISTEN bastide_log. */
export class WakeHub {
  readonly #bells = new Map<string, Set<Bell>>();

  /** Rings for one operation; an empty id rings for all, as after a lost connection. */
  ring(operationId: string): void {
    const bells =
      operationId === ''
        ? [...this.#bells.values()].flatMap((set) => [...set])
        : this.#bells.get(operationId);
    for (const bell of bells ?? []) bell.ring();
  }

  subscribe(operationId: string): Bell {
    const bell = new Bell(() => {
      const set = this.#bells.get(operationId);
      set?.delete(bell);
      if (set?.size === 0) this.#bells.delete(operationId);
    });
    const set = this.#bells.get(operationId) ?? new Set();
    this.#bells.set(operationId, set.add(bell));
    return bell;
  }
}

/** Remembers a ring until somebody waits for it, so that none is lost between two looks. */
export class Bell {
  #rung = true;
  #wake: (() => void) | undefined;
  readonly #end: () => void;

  constructor(end: () => void) {
    this.#end = end;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring (or one since the last wait), after `ms`, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', this.#wake, { once: true });
      });
      if (this.#wake) signal.removeEventListener('abort', this.#wake);
      this.#wake = undefined;
    }
    this.#rung = false;
  }

  close(): void {
    this.#end();
  }
}
