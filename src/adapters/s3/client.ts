import { request } from 'node:https';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Millis } from '../../kernel/time.ts';
import * as errors from './errors.ts';
import { FORBIDDEN, judged, own, resolveAll, type Way } from './guard.ts';
import { type Answer, isPublic, parseAnswer } from './parse.ts';
import type { ObjectStorage } from './port.ts';
import { listOne, type SignedRequest } from './render.ts';

const PATIENCE: Millis = 15_000;
/** More than any answer to this question has. */
const LONGEST = 64 * 1024;

/** What the world looks like; tests have another one. */
export interface Outside extends Way {
  /** Trusted instead of the machine's authorities. */
  readonly ca?: string;
}

/** Public addresses; of this machine's own only the edge, so that nothing else here is asked by way of a name. */
const internet: Outside = {
  resolve: resolveAll,
  permitted: (address, port) => isPublic(address) && (port === 443 || !own(address)),
};

const untrusted = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|SSL|ERR_TLS/.test(code);

function ask(outside: Outside, { url, headers }: SignedRequest): Promise<Outcome<Answer>> {
  const { hostname, port } = new URL(url);
  const at = port === '' ? 443 : Number(port);
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === FORBIDDEN) return resolve(errors.endpointPrivate(hostname));
      if (untrusted(error)) return resolve(errors.endpointUntrusted(hostname, error.code ?? ''));
      return resolve(errors.endpointUnreachable(hostname, error.code ?? 'it is too slow'));
    };
    const asking = request(url, {
      headers,
      agent: false,
      lookup: judged(outside, at),
      signal: AbortSignal.timeout(PATIENCE),
      ...(outside.ca === undefined ? {} : { ca: outside.ca }),
    });
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
