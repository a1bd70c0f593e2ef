import { lookup as dnsLookup } from 'node:dns';
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { rootCertificates } from 'node:tls';
import { WebSocket } from 'ws';
import type { Outcome } from '../kernel/refusal.ts';
import { MAX_MESSAGE } from '../kernel/terminal.ts';
import { notTrusted, unreachable } from './errors.ts';

export interface Connection {
  /** `https://…`, or `unix:/path` on the server itself. */
  readonly server: string;
  readonly token?: string;
  /** By which way to it, where it is not what its name says: an address, or `unix:/path`. */
  readonly via?: string;
  /** PEM of the platform's certificate authority. */
  readonly ca?: string;
  /** For a part of the platform that stands in for somebody: whose address it is. */
  readonly forwardedFor?: string;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
}

/** RFC 6761: names under localhost are this machine, whatever its resolver says. */
const lookup: LookupFunction = (hostname, options, callback) => {
  if (hostname !== 'localhost' && !hostname.endsWith('.localhost'))
    return dnsLookup(hostname, options, callback);
  return options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);
};

const UNIX = 'unix:';

/** The way to the server: its socket, or how its name becomes an address. */
function wayTo({ server, via }: Connection): { socket: string } | { lookup: LookupFunction } {
  const place = via ?? server;
  if (place.startsWith(UNIX)) return { socket: place.slice(UNIX.length) };
  if (via === undefined) return { lookup };
  const family = isIP(via);
  return {
    lookup: (_hostname, options, callback) =>
      options.all ? callback(null, [{ address: via, family }]) : callback(null, via, family),
  };
}

/** Milliseconds until somebody has to be there: a tunnel that is down says nothing at all. */
const CONNECT = 15_000;

function connectInTime(outgoing: ClientRequest): void {
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return;
    const late = setTimeout(() => outgoing.destroy(new Error(`nobody in ${CONNECT / 1000} s`)), CONNECT);
    const stop = () => clearTimeout(late);
    socket.once('connect', stop).once('close', stop);
  });
}

const TRUST = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|ISSUER/;

/** Who asks, for whom, and what else is said of the request. */
const headersOf = (
  { forwardedFor, token }: Connection,
  sent: Pick<Sent, 'headers'>,
): Record<string, string> => ({
  ...(forwardedFor ? { 'x-forwarded-for': forwardedFor } : {}),
  ...(token ? { authorization: `Bearer ${token}` } : {}),
  ...sent.headers,
});

function options(
  connection: Connection,
  sent: Sent,
): { secure: boolean; request: RequestOptions & { ca?: string[] } } {
  const common: RequestOptions = {
    method: sent.method,
    headers: { accept: 'application/json', ...headersOf(connection, sent) },
    ...(sent.signal ? { signal: sent.signal } : {}),
  };
  const way = wayTo(connection);
  if ('socket' in way)
    return { secure: false, request: { ...common, socketPath: way.socket, path: sent.path } };
  const url = new URL(sent.path, connection.server);
  return {
    secure: true,
    request: {
      ...common,
      host: url.hostname,
      port: url.port || 443,
      path: url.pathname + url.search,
      lookup: way.lookup,
      ...(connection.ca ? { ca: [...rootCertificates, connection.ca] } : {}),
    },
  };
}

/** One request; the answer's body is still to be read. Refuses `cli_unreachable`, `cli_not_trusted`. */
export function send(connection: Connection, sent: Sent): Promise<Outcome<IncomingMessage>> {
  const { secure, request } = options(connection, sent);
  return new Promise((resolve) => {
    const outgoing = (secure ? httpsRequest : httpRequest)(request, resolve);
    outgoing.on('error', (error: Error & { code?: string }) => {
      const why = error.code ?? error.message;
      const { server, via } = connection;
      resolve(TRUST.test(why) ? notTrusted(server, why) : unreachable(server, why, via));
    });
    connectInTime(outgoing);
    if (sent.body instanceof Readable) pipeline(sent.body, outgoing).catch(() => outgoing.destroy());
    else outgoing.end(sent.body);
  });
}

/** A WebSocket, or the answer that came in its place. Refuses as `send` does. */
export function upgrade(
  connection: Connection,
  sent: Pick<Sent, 'path' | 'headers'>,
): Promise<Outcome<WebSocket | IncomingMessage>> {
  const { server, via, ca } = connection;
  const way = wayTo(connection);
  const url =
    'socket' in way
      ? `ws+unix:${way.socket}:${sent.path}`
      : new URL(sent.path, server.replace(/^https:/, 'wss:')).href;
  return new Promise((resolve) => {
    const ws = new WebSocket(url, {
      headers: headersOf(connection, sent),
      ...('lookup' in way ? { lookup: way.lookup } : {}),
      maxPayload: MAX_MESSAGE,
      perMessageDeflate: false,
      handshakeTimeout: 30_000,
      ...(ca ? { ca: [...rootCertificates, ca] } : {}),
    });
    ws.once('open', () => {
      // The first message may come with the answer: it waits until somebody listens, who says `resume`.
      ws.pause();
      resolve(ws);
    });
    ws.once('unexpected-response', (_request, answer) => resolve(answer));
    // After it is open, 'close' follows.
    ws.on('error', (error: Error & { code?: string }) => {
      const why = error.code ?? error.message;
      resolve(TRUST.test(why) ? notTrusted(server, why) : unreachable(server, why, via));
    });
  });
}
