import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';

type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** Where the agent may speak to; tests have another world. */
export interface Way {
  readonly resolve: Resolve;
  /** Whether the agent may speak to this address at this port. */
  readonly permitted: (address: string, port: number) => boolean;
}

/** What a connection fails with where its name leads to an address that is not permitted. */
export const FORBIDDEN = 'BASTIDE_PRIVATE';

export const resolveAll: Resolve = (host, done) => lookup(host, { all: true }, done);

/** Whether an address is one of this machine's. */
export const own = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));

/** Looks a name up and lets the connection use what was judged, so that a second answer cannot differ. */
export const judged =
  ({ resolve, permitted }: Way, port: number): LookupFunction =>
  (host, options, done) =>
    resolve(host, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first) return done(error ?? new Error('the name has no address'), '', 0);
      if (!addresses.every(({ address }) => permitted(address, port)))
        return done(Object.assign(new Error('not public'), { code: FORBIDDEN }), '', 0);
      if (options.all) return done(null, [...addresses]);
      return done(null, first.address, first.family);
    });
