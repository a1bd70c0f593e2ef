import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiAnswer, Party, Ran } from '../contract/tools.ts';
import { parseEvents } from './sse.ts';
import { ask, type Sent, type Way } from './web.ts';

const Refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const Accepted = z.object({ operationId: z.string().nullable() });
const Operation = z.object({
  status: z.string(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  result: z.unknown(),
});
const Look = Operation.omit({ result: true }).extend({ seen: z.unknown() });
const Output = z.object({ source: z.string(), data: z.string() });
const ENDED = new Set(['succeeded', 'failed', 'cancelled']);
const PAUSE = 500;

export type Tokens = Readonly<Record<'prober' | 'a' | 'b', string>>;
export type Who = Party | 'prober';

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export type Client = ReturnType<typeof makeClient>;

/** The public API as any client calls it. */
export function makeClient(way: Way, server: string, tokens: () => Tokens | undefined) {
  const tokenOf = (who: Who): string | undefined => (who === 'nobody' ? undefined : tokens()?.[who]);

  async function raw(who: Who, path: string, sent: Sent): Promise<{ answer: ApiAnswer; text: string }> {
    const token = tokenOf(who);
    const headers = { ...sent.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const { status, body: text } = await ask(way, `${server}${path}`, { ...sent, headers });
    const body = json(text);
    return { answer: { status, body, code: Refused.safeParse(body).data?.error.code }, text };
  }

  async function call(who: Who, method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const sent: Sent =
      body === undefined
        ? { method }
        : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return (await raw(who, path, sent)).answer;
  }

  /** The operation's end; throws where it does not come in time. */
  async function ended(who: Who, id: string, timeoutMs: number) {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const { body } = await call(who, 'GET', `/v1/operations/${id}`).catch(() => ({ body: undefined }));
      const seen = Operation.safeParse(body).data;
      if (seen && ENDED.has(seen.status)) return seen;
      if (Date.now() > until) throw new Error(`operation ${id} has not ended in time`);
      await sleep(PAUSE);
    }
  }

  async function change(
    who: Exclude<Who, 'nobody'>,
    method: string,
    path: string,
    body?: unknown,
    timeoutMs = 600_000,
  ) {
    const answer = await call(who, method, path, body);
    if (answer.status >= 400)
      return {
        refused: answer.code ?? String(answer.status),
        status: 'refused',
        failure: undefined,
        result: answer.body,
      };
    const id = Accepted.safeParse(answer.body).data?.operationId;
    if (!id) return { refused: undefined, status: 'succeeded', failure: undefined, result: answer.body };
    const { status, failure, result } = await ended(who, id, timeoutMs);
    return { refused: undefined, status, failure: failure?.code, result };
  }

  return {
    call,
    change,
    /** Sends bytes; answers what the API says of them. */
    upload: async (who: Who, path: string, type: string, body: Uint8Array) =>
      (await raw(who, path, { method: 'POST', headers: { 'content-type': type }, body })).answer,
    /** Runs a command in a one-off container of an app. */
    async run(who: 'a' | 'b', app: string, command: readonly string[], timeoutMs: number): Promise<Ran> {
      const seconds = Math.ceil(timeoutMs / 1000);
      const answer = await call(who, 'POST', `/v1/apps/${app}/runs`, { command, seconds });
      const id = Accepted.safeParse(answer.body).data?.operationId;
      if (!id) throw new Error(`no one-off container: ${answer.code ?? answer.status}`);
      const path = `/v1/operations/${id}/events`;
      const headers = { accept: 'text/event-stream' };
      const { text } = await raw(who, path, { headers, timeoutMs: timeoutMs + 60_000 });
      const events = parseEvents(text);
      // A line each; the last one is the exit code.
      const output = events
        .flatMap(({ event, data }) => (event === 'output' ? (Output.safeParse(data).data ?? []) : []))
        .flatMap(({ source, data }) => (source === 'exit' ? [] : [`${data}\n`]))
        .join('');
      const end = Operation.safeParse(events.find(({ event }) => event === 'end')?.data).data;
      const code = z.object({ exitCode: z.number().nullable() }).safeParse(end?.result).data?.exitCode;
      return { code: code ?? undefined, output };
    },
    /** A raw look by the agent; throws where it was refused. */
    async observe(kind: string, input: Record<string, unknown>, timeoutMs: number): Promise<unknown> {
      const answer = await call('prober', 'POST', '/v1/prober/observations', { kind, ...input });
      const id = Accepted.safeParse(answer.body).data?.operationId;
      if (!id) throw new Error(`no look ${kind}: ${answer.code ?? answer.status}`);
      const until = Date.now() + timeoutMs;
      for (;;) {
        const look = await call('prober', 'GET', `/v1/prober/observations/${id}`);
        const seen = Look.safeParse(look.body).data;
        if (seen && ENDED.has(seen.status)) {
          if (seen.status === 'succeeded') return seen.seen;
          throw new Error(`the look ${kind} failed: ${seen.failure?.code ?? seen.status}`);
        }
        if (Date.now() > until) throw new Error(`the look ${kind} has not ended in time`);
        await sleep(PAUSE);
      }
    },
  };
}
