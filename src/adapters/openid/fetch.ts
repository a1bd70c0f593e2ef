import { text } from 'node:stream/consumers';
import { askOutside } from '../outbound/outbound.ts';
import type { Outside } from '../outbound/port.ts';

const TIMEOUT = 10_000;
const MOST = 1024 * 1024;
/** What an answer cannot have a body with (Fetch standard). */
const EMPTY = new Set([101, 204, 205, 304]);

/** What a library asks for: the part of the Fetch standard that it uses. */
export interface Asked {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
}

const bodyOf = (body: unknown): string => {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string' || body instanceof URLSearchParams) return String(body);
  throw new TypeError('a body of this form is not sent');
};

/** The Fetch standard by the one way out: over TLS, no redirect, no more than a megabyte, ten seconds. */
export const fetchOutside =
  (outside: Outside) =>
  (url: string, { method = 'GET', headers = {}, body }: Asked): Promise<Response> =>
    new Promise((resolve, reject) => {
      if (new URL(url).protocol !== 'https:') return reject(new TypeError('only https is asked'));
      const sent = bodyOf(body);
      const asked = askOutside(outside, url, {
        method,
        headers: {
          ...headers,
          ...(sent === '' ? {} : { 'content-length': String(Buffer.byteLength(sent)) }),
        },
        signal: AbortSignal.timeout(TIMEOUT),
      });
      asked.on('error', reject);
      asked.on('response', (answer) => {
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MOST) answer.destroy(new Error('the answer is longer than a megabyte'));
        });
        text(answer).then((said) => {
          const status = answer.statusCode ?? 502;
          const type = answer.headers['content-type'];
          resolve(
            new Response(EMPTY.has(status) ? null : said, {
              status,
              headers: type === undefined ? {} : { 'content-type': type },
            }),
          );
        }, reject);
      });
      asked.end(sent);
    });
