import type { IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { isRefusal, type Outcome } from '../kernel/refusal.ts';
import { answerUnreadable } from './errors.ts';
import { ApiRefusal } from './refusal.ts';
import { parseEvents, type ServerEvent } from './sse.ts';
import { type Connection, send, upgrade } from './transport.ts';

const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    next: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** The API as the CLI calls it. Answers are read with the same schemas that the routes answer by. */
export interface Client {
  readonly server: string;
  get<S extends z.ZodType>(path: string, schema: S): Promise<Outcome<z.output<S>>>;
  send<S extends z.ZodType>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    schema: S,
  ): Promise<Outcome<z.output<S>>>;
  upload<S extends z.ZodType>(
    path: string,
    type: string,
    body: Readable,
    schema: S,
  ): Promise<Outcome<z.output<S>>>;
  /** Writes a file that the API answers with; gives its size. `onProgress`: bytes so far. A connection that breaks early is refused. */
  download(
    path: string,
    to: Writable,
    onProgress?: (bytes: number) => void,
  ): Promise<Outcome<{ readonly bytes: number }>>;
  /** Events from after `lastEventId`; ends when the server ends or the connection breaks. */
  events(
    path: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<AsyncIterable<ServerEvent>>>;
  /** A session's WebSocket. */
  socket(path: string): Promise<Outcome<WebSocket>>;
}

/** Builds a path with its values encoded: path`/v1/apps/${app}`. */
export const path = (parts: TemplateStringsArray, ...values: readonly string[]): string =>
  parts.reduce((all, part, i) => all + part + (i < values.length ? encodeURIComponent(values[i]!) : ''), '');

/** A query string of what is set. */
export const query = (values: Readonly<Record<string, string | number | undefined>>): string => {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map(([k, v]) => [k, String(v)]))}`;
};

async function read<S extends z.ZodType>(
  server: string,
  answer: IncomingMessage,
  schema: S,
): Promise<Outcome<z.output<S>>> {
  const status = answer.statusCode ?? 0;
  try {
    const body: unknown = JSON.parse(await text(answer));
    if (status >= 200 && status < 300) {
      const parsed = schema.safeParse(body);
      return parsed.success ? parsed.data : answerUnreadable(server);
    }
    return new ApiRefusal(status, ErrorBody.parse(body).error);
  } catch {
    return answerUnreadable(server);
  }
}

/** A client of one server. `reason` goes with every request, for the audit log. */
export function client(connection: Connection, reason?: string): Client {
  const { server } = connection;
  const why: Record<string, string> = reason ? { 'x-bastide-reason': encodeURIComponent(reason) } : {};
  const ask = async <S extends z.ZodType>(
    sent: { method: string; path: string; headers?: Record<string, string>; body?: string | Readable },
    schema: S,
  ): Promise<Outcome<z.output<S>>> => {
    const answer = await send(connection, { ...sent, headers: { ...why, ...sent.headers } });
    return isRefusal(answer) ? answer : read(server, answer, schema);
  };
  return {
    server,
    get: (at, schema) => ask({ method: 'GET', path: at }, schema),
    send: (method, at, body, schema) =>
      ask(
        body === undefined
          ? { method, path: at }
          : { method, path: at, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
        schema,
      ),
    upload: (at, type, body, schema) =>
      ask({ method: 'POST', path: at, headers: { 'content-type': type }, body }, schema),
    async download(at, to, onProgress) {
      const answer = await send(connection, { method: 'POST', path: at, headers: why });
      if (isRefusal(answer)) return answer;
      if (answer.statusCode !== 200) {
        const refused = await read(server, answer, z.never());
        return isRefusal(refused) ? refused : answerUnreadable(server);
      }
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        onProgress?.(bytes);
      });
      try {
        await pipeline(answer, to);
      } catch {
        return answerUnreadable(server);
      }
      return bytes === Number(answer.headers['content-length']) ? { bytes } : answerUnreadable(server);
    },
    async events(at, lastEventId, signal) {
      const resume: Record<string, string> = lastEventId ? { 'last-event-id': lastEventId } : {};
      const headers = { ...resume, accept: 'text/event-stream' };
      const answer = await send(connection, { method: 'GET', path: at, headers, signal });
      if (isRefusal(answer)) return answer;
      if (answer.statusCode === 200) return parseEvents(answer.setEncoding('utf8'));
      const refused = await read(server, answer, z.never());
      return isRefusal(refused) ? refused : answerUnreadable(server);
    },
    async socket(at) {
      const answer = await upgrade(connection, { path: at, headers: why });
      if (isRefusal(answer) || answer instanceof WebSocket) return answer;
      const refused = await read(server, answer, z.never());
      return isRefusal(refused) ? refused : answerUnreadable(server);
    },
  };
}
