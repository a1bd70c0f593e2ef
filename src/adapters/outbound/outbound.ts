import { lookup } from 'node:dns';
import { type ClientRequest, request as plainRequest, type RequestOptions } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Millis } from '../../kernel/time.ts';
import { isNameable, isPrivate, isPublic } from './addresses.ts';
import { NOT_PERMITTED, type Outside, type Resolve } from './port.ts';

/** Whether an address is one of this machine's. */
export const own = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));

/** The machine's own way to look a name up. */
export const resolve: Resolve = (host, done) => lookup(host, { all: true }, done);

/**
 * What somebody with a project names. Public addresses; of this machine's own only the edge, so that nothing else here
 * is asked by way of a name.
 */
export const internet: Outside = {
  resolve,
  permitted: (address, port) => isPublic(address) && (port === 443 || !own(address)),
};

/** What an operator names in the settings: a place of his own network too. */
export const named: Outside = { resolve, permitted: isNameable };

/** Addresses of the internet, and of private networks where that is meant; never this machine's own, nor link-local. */
export const reachable = (address: string, andPrivate: boolean): boolean =>
  !own(address) && (isPublic(address) || (andPrivate && isPrivate(address)));

/** A server that an operator added, and said of it whether it is in a private network. */
export const wayTo = (server: { readonly private: boolean }): Outside => ({
  resolve,
  permitted: (address) => reachable(address, server.private),
});

const refused = (): NodeJS.ErrnoException =>
  Object.assign(new Error('the address is not one that may be asked'), { code: NOT_PERMITTED });

/** Looks a name up and lets the connection use what was judged, so that a second answer cannot differ. */
export const judged =
  (outside: Outside, port: number): LookupFunction =>
  (host, options, done) =>
    outside.resolve(host, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first) return done(error ?? new Error('the name has no address'), '', 0);
      if (!addresses.every(({ address }) => outside.permitted(address, port))) return done(refused(), '', 0);
      if (options.all) return done(null, [...addresses]);
      return done(null, first.address, first.family);
    });

const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);

/** Why a URL may not be asked, as the error that a connection to it would end with: an address is never looked up. */
export function literalFault(outside: Outside, text: string | URL): NodeJS.ErrnoException | undefined {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) !== 0 && !outside.permitted(host, portOf(url)) ? refused() : undefined;
}

/** In place of an address that is not asked: a name of nobody, whose lookup ends with the fault before anything is sent. */
const nowhere = (fault: Error): { hostname: string; lookup: LookupFunction } => ({
  hostname: 'refused.invalid',
  lookup: (_host, _options, done) => done(fault, '', 0),
});

/** A request to another machine; it is not sent before `end`. Nothing is remembered between two. */
export function askOutside(
  outside: Outside,
  target: string | URL,
  options: Pick<RequestOptions, 'method' | 'headers' | 'signal'>,
): ClientRequest {
  const url = new URL(target);
  const fault = literalFault(outside, url);
  const asked = {
    ...options,
    agent: false as const,
    lookup: judged(outside, portOf(url)),
    ...(outside.ca === undefined ? {} : { ca: outside.ca }),
    ...(fault ? nowhere(fault) : {}),
  };
  return url.protocol === 'https:' ? tlsRequest(url, asked) : plainRequest(url, asked);
}

/** For a library that makes its own requests over TLS. */
export const agentOutside = (outside: Outside): Agent =>
  new Agent({
    lookup: judged(outside, 443),
    ...(outside.ca === undefined ? {} : { ca: outside.ca }),
  });

/** A connection to another machine, for a protocol that is not HTTP; rejects with the fault. `patience`: for all of it. */
export function connectOutside(
  outside: Outside,
  { host, port }: { readonly host: string; readonly port: number },
  patience: Millis,
): Promise<Socket> {
  if (isIP(host) !== 0 && !outside.permitted(host, port)) return Promise.reject(refused());
  return new Promise((done, fail) => {
    const socket = connect({ host, port, lookup: judged(outside, port) });
    const late = () => socket.destroy(Object.assign(new Error('it is too slow'), { code: 'ETIMEDOUT' }));
    socket.setTimeout(patience, late);
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('timeout', late).off('error', fail);
      done(socket);
    });
  });
}
