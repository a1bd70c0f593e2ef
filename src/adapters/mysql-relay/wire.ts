import type { Duplex } from 'node:stream';
import { type Packet, takePacket } from './parse/packets.ts';

/** Reads packets from a stream, one at a time, and gives the stream back untouched from there on. */
export interface PacketReader {
  /** The next packet; undefined where the stream ended, broke, or announced a longer one than is allowed. */
  next(): Promise<Packet | undefined>;
  /** Lets go of the stream; what came after the last packet is the first that the next reader sees. */
  release(): void;
}

export function packetReader(stream: Duplex, limit: number): PacketReader {
  let pending: Buffer = Buffer.alloc(0);
  let over = false;
  let waiting: ((packet: Packet | undefined) => void) | undefined;

  const answer = (packet: Packet | undefined): void => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(packet);
  };
  const look = (): void => {
    if (!waiting) return;
    const taken = takePacket(pending, limit);
    if (taken === 'too long') over = true;
    if (typeof taken === 'object') {
      pending = taken.rest;
      answer(taken.packet);
    } else if (over) answer(undefined);
  };
  const onData = (chunk: Buffer): void => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    // Whoever sends ahead of what was asked is not a client in the middle of a handshake.
    if (pending.length > 2 * (limit + 4)) over = true;
    look();
  };
  const onOver = (): void => {
    over = true;
    look();
  };
  const ends = ['end', 'error', 'close'] as const;
  stream.on('data', onData);
  for (const event of ends) stream.on(event, onOver);

  return {
    next: () =>
      new Promise((resolve) => {
        waiting = resolve;
        look();
      }),
    release() {
      stream.pause();
      stream.off('data', onData);
      for (const event of ends) stream.off(event, onOver);
      if (pending.length > 0) stream.unshift(pending);
      pending = Buffer.alloc(0);
    },
  };
}
