import type { IncomingMessage } from 'node:http';
import { isRefusal } from '../../kernel/refusal.ts';
import { type Client, jsonLines } from './client.ts';
import { makeLogLines } from './loglines.ts';
import type { Engine } from './port.ts';

interface RawEvent {
  Type: string;
  Action: string;
  Actor?: { Attributes?: Readonly<Record<string, string>> | null };
}

/** A stream that ended because we or the engine hung up is an end, not an error: followers look again. */
async function* untilHangUp<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* items;
  } catch {
    // aborted, or the engine restarts
  }
}

export function makeLogs(client: Client): Pick<Engine, 'logs' | 'events'> {
  const open = async (call: Parameters<Client['stream']>[0]): Promise<IncomingMessage | undefined> => {
    const response = await client.stream(call);
    return isRefusal(response) ? undefined : response;
  };

  return {
    async *logs(of, { follow, tail, since, signal }) {
      const path = 'container' in of ? `/containers/${of.container}/logs` : `/services/${of.service}/logs`;
      const response = await open({
        method: 'GET',
        path,
        query: {
          ...{ stdout: true, stderr: true, timestamps: true, follow, tail, since: since && sinceOf(since) },
          // Whose line it is: the engine says it of a service only.
          details: 'service' in of,
        },
        ...(signal ? { signal } : {}),
        ...(follow ? {} : { silenceMs: 30_000 }),
      });
      if (!response) return;
      const lines = makeLogLines('service' in of);
      try {
        for await (const chunk of untilHangUp<Buffer>(response)) yield* lines.push(chunk);
        yield* lines.flush();
      } finally {
        response.destroy();
      }
    },

    async *events(signal) {
      const filters = JSON.stringify({ type: ['container'] });
      const response = await open({ method: 'GET', path: '/events', query: { filters }, signal });
      if (!response) return;
      try {
        for await (const event of untilHangUp(jsonLines<RawEvent>(response))) {
          yield { type: event.Type, action: event.Action, labels: event.Actor?.Attributes ?? {} };
        }
      } finally {
        response.destroy();
      }
    },
  };
}

/** The engine wants seconds since the epoch, with a fraction; we speak ISO. */
export const sinceOf = (iso: string): string => (Date.parse(iso) / 1000).toFixed(3);
