import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import { request } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { registryUnreachable } from './errors.ts';

export interface Endpoint {
  readonly agent: Agent;
  readonly host: string;
  readonly basicAuth?: { readonly user: string; readonly password: Secret } | undefined;
}

export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers?: Record<string, string | number>;
  readonly body?: Uint8Array | Readable;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const BODY_LIMIT = 8 * 1024 * 1024;
const SILENCE_MS = 60_000;

/** One exchange with the registry. Answers are small here (manifests, configurations, errors): larger ones are cut. */
export async function ask(endpoint: Endpoint, asked: Asked): Promise<Outcome<Answered>> {
  const { basicAuth, host } = endpoint;
  const [hostname, port] = host.split(':') as [string, string];
  const authorization = basicAuth
    ? { authorization: `Basic ${btoa(`${basicAuth.user}:${basicAuth.password.reveal()}`)}` }
    : {};
  const length = asked.body instanceof Uint8Array ? { 'content-length': asked.body.length } : {};
  const message = request({
    agent: endpoint.agent,
    hostname,
    port,
    method: asked.method,
    path: asked.path,
    headers: { ...authorization, ...length, ...asked.headers },
    timeout: SILENCE_MS,
  });
  message.on('timeout', () => message.destroy(new Error('no answer for a minute')));
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    message.on('response', resolve);
    message.on('error', reject);
  });
  try {
    if (asked.body instanceof Uint8Array) message.end(asked.body);
    // A registry that refuses early closes its end: its answer counts, not the broken pipe.
    else if (asked.body) pipeline(asked.body, message).catch(() => {});
    else message.end();
    return await answer(await response);
  } catch (error) {
    return registryUnreachable(host, error instanceof Error ? error.message : String(error));
  }
}

async function answer(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) {
      response.destroy();
      break;
    }
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
