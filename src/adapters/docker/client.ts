import { type IncomingMessage, request } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { type Outcome, Refusal } from '../../kernel/refusal.ts';
import { engineError, engineUnreachable } from './errors.ts';

const API = '/v1.41';

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** A tar to send instead of JSON. */
  readonly tar?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte until the call is given up; none for streams that may be silent. */
  readonly silenceMs?: number;
}

/** The Engine API over its unix socket. Every failure is a refusal; nothing is retried here. */
export interface Client {
  /** The parsed JSON answer; undefined where the engine sends none. */
  call<T>(call: Call): Promise<Outcome<T>>;
  stream(call: Call): Promise<Outcome<IncomingMessage>>;
  /** A raw two-way connection (exec). */
  hijack(path: string, body: unknown): Promise<Outcome<Duplex>>;
}

export const pathOf = (call: Pick<Call, 'path' | 'query'>): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) query.set(name, `${value}`);
  const text = query.toString();
  return API + call.path + (text ? `?${text}` : '');
};

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

function messageOf(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed && typeof parsed === 'object' && 'message' in parsed) return String(parsed.message);
  } catch {
    // not JSON: the text itself is the message
  }
  return text.trim() || 'no message';
}

export function makeClient(socketPath: string): Client {
  const send = (call: Call): Promise<Outcome<IncomingMessage>> =>
    new Promise((resolve) => {
      const json = call.body === undefined ? undefined : JSON.stringify(call.body);
      const outgoing = request({
        socketPath,
        method: call.method,
        path: pathOf(call),
        agent: false,
        ...(call.signal ? { signal: call.signal } : {}),
        headers: {
          host: 'engine',
          ...(json === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
          ...(call.tar ? { 'content-type': 'application/x-tar' } : {}),
          ...call.headers,
        },
      });
      const failed = (error: Error) => {
        call.tar?.destroy();
        resolve(engineUnreachable(error.message));
      };
      if (call.silenceMs) {
        const { silenceMs } = call;
        outgoing.setTimeout(silenceMs, () =>
          outgoing.destroy(new Error(`no answer within ${silenceMs / 1000} s`)),
        );
      }
      outgoing.on('error', failed);
      outgoing.on('response', (response) => {
        const status = response.statusCode ?? 500;
        if (status < 400) return resolve(response);
        textOf(response).then((text) => resolve(engineError(status, messageOf(text))), failed);
      });
      if (call.tar) call.tar.on('error', (error) => outgoing.destroy(error)).pipe(outgoing);
      else outgoing.end(json);
    });

  return {
    async call<T>(call: Call): Promise<Outcome<T>> {
      const response = await send({ silenceMs: 120_000, ...call });
      if (response instanceof Refusal) return response;
      try {
        const text = await textOf(response);
        return (text ? JSON.parse(text) : undefined) as T;
      } catch (error) {
        return engineUnreachable(error instanceof Error ? error.message : String(error));
      }
    },
    stream: send,
    hijack: (path, body) =>
      new Promise((resolve) => {
        const json = JSON.stringify(body);
        const outgoing = request({
          socketPath,
          method: 'POST',
          path: API + path,
          agent: false,
          headers: {
            host: 'engine',
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(json),
            connection: 'Upgrade',
            upgrade: 'tcp',
          },
        });
        outgoing.on('error', (error) => resolve(engineUnreachable(error.message)));
        outgoing.on('upgrade', (_response, socket, head) => {
          if (head.length) socket.unshift(head);
          resolve(socket);
        });
        outgoing.on('response', (response) => {
          textOf(response).then(
            (text) => resolve(engineError(response.statusCode ?? 500, messageOf(text))),
            (error: Error) => resolve(engineUnreachable(error.message)),
          );
        });
        outgoing.end(json);
      }),
  };
}

/** JSON objects, one a line, as pull, load and events send them. */
export async function* jsonLines<T>(response: Readable): AsyncIterable<T> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    rest += chunk;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) yield JSON.parse(line) as T;
  }
  if (rest.trim()) yield JSON.parse(rest) as T;
}
