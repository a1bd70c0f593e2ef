import { type LookupAddress, lookup } from 'node:dns';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Millis } from '../../kernel/time.ts';
import * as errors from './errors.ts';
import { type Answer, isPublic, parseAnswer } from './parse.ts';
import type { ObjectStorage } from './port.ts';
import { listOne, type SignedRequest } from './render.ts';

const PATIENCE: Millis = 15_000;
/** More than any answer to this question has. */
const LONGEST = 64 * 1024;

type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** What the world looks like; tests have another one. */
export interface Outside {
  readonly resolve: Resolve;
  /** Whether the agent may speak to this address at this port. */
  readonly permitted: (address: string, port: number) => boolean;
  /** Trusted instead of the machine's authorities. */
  readonly ca?: string;
}

const own = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));

/** Public addresses; of this machine's own only the edge, so that nothing else here is asked by way of a name. */
const internet: Outside = {
  resolve: (host, done) => lookup(host, { all: true }, done),
  permitted: (address, port) => isPublic(address) && (port === 443 || !own(address)),
};

const PRIVATE = 'BASTIDE_PRIVATE';

/** Looks a name up and lets the connection use what was judged, so that a second answer cannot differ. */
const judged =
  ({ resolve, permitted }: Outside, port: number): LookupFunction =>
  (host, options, done) =>
    resolve(host, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first) return done(error ?? new Error('the name has no address'), '', 0);
      if (!addresses.every(({ address }) => permitted(address, port)))
        return done(Object.assign(new Error('not public'), { code: PRIVATE }), '', 0);
      if (options.all) return done(null, [...addresses]);
      return done(null, first.address, first.family);
    });

const untrusted = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|SSL|ERR_TLS/.test(code);

function ask(outside: Outside, { url, headers }: SignedRequest): Promise<Outcome<Answer>> {
  const { hostname, port } = new URL(url);
  const at = port === '' ? 443 : Number(port);
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === PRIVATE) return resolve(errors.endpointPrivate(hostname));
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
