const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export interface Ending extends AsyncDisposable {
  /** Aborts when somebody interrupts the bench: what runs for long listens to it. */
  readonly signal: AbortSignal;
  /** Something to undo at the end. */
  defer(undo: () => Promise<void> | void): void;
}

/**
 * Undoes what a bench has made, the last thing first and each of them, whether the bench ends, fails or is
 * interrupted. To be held with `await using`.
 */
export function makeEnding(): Ending {
  const undos: (() => Promise<void> | void)[] = [];
  const stop = new AbortController();
  let ended: Promise<void> | undefined;
  async function undoAll(): Promise<void> {
    for (let undo = undos.pop(); undo; undo = undos.pop()) {
      try {
        await undo();
      } catch (error) {
        console.error(`could not tidy up: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
      }
    }
  }
  const end = (): Promise<void> => {
    ended ??= undoAll();
    return ended;
  };
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const handle = (): void => {
      stop.abort();
      void end().then(() => process.exit(code));
    };
    process.on(signal, handle);
    return () => process.off(signal, handle);
  });
  // A bug in a callback is no reason to leave mounts and servers behind.
  const broken = (error: unknown): void => {
    console.error(error);
    stop.abort();
    void end().then(() => process.exit(1));
  };
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, broken);
    handlers.push(() => process.off(event, broken));
  }
  return {
    signal: stop.signal,
    defer: (undo) => void undos.push(undo),
    async [Symbol.asyncDispose]() {
      await end();
      for (const off of handlers) off();
    },
  };
}
