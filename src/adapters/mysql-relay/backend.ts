import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CAN } from './capabilities.ts';
import { type Greeting, parseGreeting, type Response } from './parse/handshake.ts';
import type { RelayRoute } from './port.ts';
import { headFor, packet } from './render/packets.ts';
import { type PacketReader, packetReader } from './wire.ts';

/** A database that waits for a proof. */
export interface Backend {
  readonly stream: TLSSocket;
  readonly reader: PacketReader;
  readonly greeting: Greeting;
  /** The first 32 bytes of the answer, the same before and after TLS. */
  readonly head: Buffer;
}

/**
 * Connects to a database, its certificate checked against the authority and its address. Undefined where it cannot be
 * reached, is somebody else, or does not speak TLS.
 */
export async function openBackend(
  route: RelayRoute,
  ca: string,
  response: Response,
  limit: number,
): Promise<Backend | undefined> {
  const raw = connect({ host: route.host, port: route.port, noDelay: true, keepAlive: true });
  raw.on('error', () => {});
  const first = packetReader(raw, limit);
  const hello = await first.next();
  const greeting = hello && parseGreeting(hello.body);
  if (!greeting || (greeting.capabilities & CAN.ssl) === 0) {
    raw.destroy();
    return undefined;
  }
  const head = headFor(response, greeting.capabilities);
  raw.write(packet(1, head));
  first.release();
  const stream = connectTls({ socket: raw, host: route.host, ca, minVersion: 'TLSv1.3' });
  stream.on('error', () => {});
  const secure = await new Promise<boolean>((resolve) => {
    stream.once('secureConnect', () => resolve(true));
    for (const event of ['error', 'close'] as const) stream.once(event, () => resolve(false));
  });
  if (!secure) {
    raw.destroy();
    return undefined;
  }
  return { stream, reader: packetReader(stream, limit), greeting, head };
}
