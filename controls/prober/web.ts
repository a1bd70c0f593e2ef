import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { WebAnswer } from '../contract/tools.ts';

export interface Way {
  /** Where the platform's names lead, whatever the resolver says; undefined: ask the resolver. */
  readonly address: string | undefined;
  /** Authorities besides the system's, PEM. */
  readonly ca: string | undefined;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
}

/** Names that resolve to one address, as an entry of /etc/hosts would have it. */
export const lookupTo =
  (address: string): LookupFunction =>
  (_host, options, done) => {
    const family = address.includes(':') ? 6 : 4;
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };

const contexts = new Map<string, SecureContext>();

/** Made once: every one holds all authorities in memory that the collector does not see, some 700 KiB. */
function trusting(ca: string): SecureContext {
  const made = contexts.get(ca) ?? createSecureContext({ ca });
  contexts.set(ca, made);
  return made;
}

/** One request on a connection of its own; throws where there is no answer. */
export async function ask(way: Way, url: string, sent: Sent = {}): Promise<WebAnswer> {
  const target = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<WebAnswer>();
  const send = target.protocol === 'https:' ? secure : plain;
  const asked = send(
    target,
    {
      method: sent.method ?? 'GET',
      headers: { ...sent.headers },
      agent: false,
      timeout: sent.timeoutMs ?? 30_000,
      ...(way.address ? { lookup: lookupTo(way.address) } : {}),
      ...(way.ca ? { secureContext: trusting(way.ca) } : {}),
    },
    (answer) => {
      const headers = Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
      );
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, headers, body }), reject);
    },
  );
  asked.on('timeout', () => asked.destroy(new Error(`no answer from ${target.host} in time`)));
  asked.on('error', reject);
  asked.end(sent.body);
  return promise;
}
