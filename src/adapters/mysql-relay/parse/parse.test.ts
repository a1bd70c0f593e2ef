import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAN, OFFERED } from '../capabilities.ts';
import { authSwitch, error, greeting, headFor, NATIVE, packet, responseFor } from '../render/packets.ts';
import { isSslRequest, parseError, parseGreeting, parseResponse, parseSwitch } from './handshake.ts';
import { readRelayLine } from './log.ts';
import { type Packet, takePacket } from './packets.ts';

const LIMIT = 65_536;
const bytes = (max = 300) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));
const body = (whole: Buffer): Buffer => whole.subarray(4);

/** All packets of a stream that comes in these pieces. */
function takeAll(pieces: readonly Buffer[]): { packets: Packet[]; rest: Buffer; long: boolean } {
  let rest: Buffer = Buffer.alloc(0);
  const packets: Packet[] = [];
  for (const piece of pieces) {
    rest = Buffer.concat([rest, piece]);
    for (;;) {
      const taken = takePacket(rest, LIMIT);
      if (taken === 'more') break;
      if (taken === 'too long') return { packets, rest, long: true };
      packets.push(taken.packet);
      rest = taken.rest;
    }
  }
  return { packets, rest, long: false };
}

const response = (user: string, database: string | undefined, attributes: Buffer | undefined) => {
  const head = Buffer.alloc(32);
  const flags =
    OFFERED & ~(database === undefined ? CAN.connectWithDb : 0) & ~(attributes ? 0 : CAN.connectAttributes);
  head.writeUInt32LE(flags >>> 0, 0);
  head[8] = 45;
  return {
    head,
    whole: Buffer.concat([
      head,
      Buffer.from(`${user}\0`),
      Buffer.from([3, 1, 2, 3]),
      ...(database === undefined ? [] : [Buffer.from(`${database}\0`)]),
      Buffer.from(`${NATIVE}\0`),
      ...(attributes ? [Buffer.from([attributes.length]), attributes] : []),
    ]),
  };
};
const name = fc.stringMatching(/^[a-z_0-9äé-]{1,40}$/);

describe('packets', () => {
  it('are the same however the stream was cut', () =>
    fc.assert(
      fc.property(
        fc.array(bytes(), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        (bodies, cuts) => {
          const stream = Buffer.concat(bodies.map((one, n) => packet(n, one)));
          const pieces: Buffer[] = [];
          for (let at = 0, n = 0; at < stream.length; n += 1) {
            const size = cuts[n % cuts.length]!;
            pieces.push(stream.subarray(at, at + size));
            at += size;
          }
          const all = takeAll(pieces);
          expect(all.packets.map((one) => one.body.toString('hex'))).toEqual(
            bodies.map((one) => one.toString('hex')),
          );
          expect(all.packets.map(({ seq }) => seq)).toEqual(bodies.map((_, n) => n));
          expect(all.rest.length).toBe(0);
        },
      ),
    ));

  it('that are too long are known by their first four bytes', () =>
    fc.assert(
      fc.property(fc.integer({ min: LIMIT + 1, max: 0xffffff }), bytes(), (length, after) => {
        const head = Buffer.alloc(4);
        head.writeUIntLE(length, 0, 3);
        expect(takePacket(Buffer.concat([head, after]), LIMIT)).toBe('too long');
      }),
    ));

  it('never give more than came', () =>
    fc.assert(
      fc.property(bytes(2000), (stream) => {
        const { packets, rest } = takeAll([stream]);
        const taken = packets.reduce((sum, one) => sum + 4 + one.body.length, 0);
        expect(taken + rest.length).toBe(stream.length);
      }),
    ));
});

describe('what a client says', () => {
  it('is read as it was meant', () =>
    fc.assert(
      fc.property(
        name,
        fc.option(name, { nil: undefined }),
        fc.option(bytes(200), { nil: undefined }),
        (user, database, attributes) => {
          const { head, whole } = response(user, database, attributes);
          const read = parseResponse(whole);
          expect(read).toMatchObject({ user, database: database ?? '' });
          expect(read!.head.equals(head)).toBe(true);
          expect(read!.attributes.length).toBe(attributes ? attributes.length + 1 : 0);
        },
      ),
    ));

  it('is taken or not, and never breaks the reader, whatever it is', () =>
    fc.assert(
      fc.property(bytes(400), bytes(200), (junk, tail) => {
        const flags = Buffer.alloc(32);
        flags.writeUInt32LE(OFFERED, 0);
        for (const one of [
          junk,
          Buffer.concat([flags, junk]),
          Buffer.concat([flags, Buffer.from('g\0'), tail]),
        ]) {
          const read = parseResponse(one);
          if (read) expect(read.user.length).toBeLessThanOrEqual(128);
          isSslRequest(one);
          parseGreeting(one);
          parseSwitch(one);
          parseError(one);
        }
      }),
      { numRuns: 2000 },
    ));

  it('is not taken when it is cut anywhere before its end', () => {
    const { whole } = response('g_one', 'shop', Buffer.from('attributes'));
    expect(parseResponse(whole)).toBeDefined();
    // Behind the database's name only what nobody needs is missing.
    for (let end = 0; end < whole.indexOf('shop') + 5; end += 1)
      expect(parseResponse(whole.subarray(0, end))).toBeUndefined();
  });

  it('needs the protocol of this century', () => {
    const { whole } = response('g_one', undefined, undefined);
    for (const flag of [CAN.protocol41, CAN.pluginAuth, CAN.secureConnection]) {
      const old = Buffer.from(whole);
      old.writeUInt32LE((old.readUInt32LE(0) & ~flag) >>> 0, 0);
      expect(parseResponse(old)).toBeUndefined();
    }
  });
});

describe('what the relay says', () => {
  it('to a client can be read as a greeting, without compression and local files', () => {
    const nonce = Buffer.from(Array.from({ length: 20 }, (_, n) => 40 + n));
    const read = parseGreeting(body(greeting(nonce, 7)));
    expect(read?.nonce.equals(nonce)).toBe(true);
    expect(read?.capabilities).toBe(OFFERED);
    expect(OFFERED & (CAN.compress | CAN.localFiles)).toBe(0);
    expect(OFFERED & CAN.ssl).not.toBe(0);
  });

  it('to a database is what the client said, with the proof in its place', () =>
    fc.assert(
      fc.property(name, name, bytes(100), (user, database, attributes) => {
        const read = parseResponse(response(user, database, attributes).whole)!;
        const proof = Buffer.alloc(20, 7);
        const head = headFor(read, OFFERED);
        const sent = parseResponse(body(responseFor(read, head, proof)))!;
        expect([sent.user, sent.database]).toEqual([user, database]);
        expect(sent.attributes.equals(read.attributes)).toBe(true);
        // Nothing of MariaDB's own extensions, which sit in the last bytes.
        expect(head.subarray(9).every((byte) => byte === 0)).toBe(true);
      }),
    ));

  it('is an error with its code, and a wish for another proof with its method', () => {
    expect(parseError(body(error(1, 1045, '28000', 'Access denied')))).toEqual({
      code: 1045,
      message: 'Access denied',
    });
    expect(parseSwitch(body(authSwitch(3, Buffer.alloc(20, 1))))).toEqual({ plugin: NATIVE });
  });
});

it('reads its log, and lines of other kinds as nothing', () => {
  const line = {
    at: '2026-11-22T04:00:00.000Z',
    event: 'refused',
    user: 'g_x',
    source: '1.2.3.4',
    reason: 'no',
  };
  expect(readRelayLine(JSON.stringify(line))).toEqual({
    kind: 'refused',
    at: line.at,
    user: 'g_x',
    source: '1.2.3.4',
    reason: 'no',
  });
  for (const other of ['', '{', '[]', 'null', '{"event":"loaded","at":"2026-11-22T04:00:00.000Z"}'])
    expect(readRelayLine(other)).toBeUndefined();
});
