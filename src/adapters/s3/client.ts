import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Millis } from '../../kernel/time.ts';
import { askOutside, internet } from '../outbound/outbound.ts';
import { NOT_PERMITTED, type Outside } from '../outbound/port.ts';
import * as errors from './errors.ts';
import { type Answer, parseAnswer } from './parse.ts';
import type { ObjectStorage } from './port.ts';
import { listOne, type SignedRequest } from './render.ts';

const PATIENCE: Millis = 15_000;
/** More than any answer to this question has. */
const LONGEST = 64 * 1024;

const untrusted = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|SSL|ERR_TLS/.test(code);

function ask(outside: Outside, { url, headers }: SignedRequest): Promise<Outcome<Answer>> {
  const { hostname } = new URL(url);
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === NOT_PERMITTED) return resolve(errors.endpointPrivate(hostname));
      if (untrusted(error)) return resolve(errors.endpointUntrusted(hostname, error.code ?? ''));
      return resolve(errors.endpointUnreachable(hostname, error.code ?? 'it is too slow'));
    };
    const asking = askOutside(outside, url, { headers, signal: AbortSignal.timeout(PATIENCE) });
    asking.on('error', failed);
    asking.on('response', async (answer) => {
      const region = answer.headers['x-amz-bucket-region'];
      try {
        let body = '';
        for await (const part of answer.setEncoding('utf8')) {
          body += part;
          if (body.length > LONGEST) break;
        }
        resolve({
          status: answer.statusCode ?? 0,
          region: typeof region === 'string' && /^[a-z0-9-]{1,40}$/.test(region) ? region : undefined,
          body,
        });
      } catch (error) {
        failed(error as NodeJS.ErrnoException);
      }
    });
    asking.end();
  });
}

/** Providers on the internet. */
export const makeObjectStorage = (outside: Outside = internet): ObjectStorage => ({
  async check(bucket) {
    const answer = await ask(outside, listOne(bucket, new Date()));
    return isRefusal(answer) ? answer : parseAnswer(bucket, answer);
  },
});
