import { sleep } from '../../kernel/time.ts';
import type { Engine } from './port.ts';

/** Milliseconds until the events are listened to again after they broke off. */
const AGAIN = 1_000;

/** What a program does inside, such as our own question whether a database is ready, is no change of a container. */
const inside = (action: string): boolean => /^(exec_|top|attach|resize)/.test(action);

/** Rings for everything that happens to a container of this node, until the signal aborts. */
export async function ringOnEvents(
  engine: Pick<Engine, 'events'>,
  ring: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { action } of engine.events(signal)) if (!inside(action)) ring();
    } catch {
      // As if it had ended.
    }
    // Nobody listens for a moment, so anything may have happened.
    ring();
    await sleep(AGAIN, signal);
  }
}

/**
 * An engine that rings when it is told to change a service, before and after. A task that is to end is marked some two
 * seconds before its container is stopped, and no event of a container tells of the mark.
 */
export function ringing(engine: Engine, ring: () => void): Engine {
  const rung =
    <A extends unknown[], T>(change: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> => {
      ring();
      return change(...args).finally(ring);
    };
  return {
    ...engine,
    serviceCreate: rung(engine.serviceCreate),
    serviceScale: rung(engine.serviceScale),
    serviceRestart: rung(engine.serviceRestart),
    serviceRemove: rung(engine.serviceRemove),
  };
}
