import type { Channel, ToPerson } from '../../kernel/terminal.ts';
import { sessionUnattended } from './errors.ts';
import type { FromLine, Line, Relay } from './port.ts';

/** The fake, with the person in the test's hands. */
export interface MemoryRelay extends Relay {
  /** What the person was shown and told, in order. */
  readonly shown: (readonly [Channel, string] | ToPerson)[];
  type(message: FromLine): void;
  leave(): void;
}

export function memoryRelay(attended = true): MemoryRelay {
  const shown: MemoryRelay['shown'] = [];
  const queue: FromLine[] = [];
  const gone = new AbortController();
  let wake = (): void => undefined;
  const line: Line = {
    joined: async () => (attended ? undefined : sessionUnattended()),
    input: (async function* () {
      for (;;) {
        const message = queue.shift();
        if (message) yield message;
        else if (gone.signal.aborted) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    })(),
    async send(channel, data) {
      shown.push([channel, data.toString('utf8')]);
    },
    async tell(message) {
      shown.push(message);
    },
    async refuse({ code, message, next }) {
      shown.push({ type: 'refused', code, message, next });
    },
    gone: gone.signal,
    close() {
      gone.abort();
      wake();
    },
  };
  return {
    shown,
    type(message) {
      queue.push(message);
      wake();
    },
    leave: line.close,
    dial: async () => line,
  };
}
