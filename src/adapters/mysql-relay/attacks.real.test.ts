import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { until } from '../pgbouncer/testbed.ts';
import { CAN, OFFERED } from './capabilities.ts';
import { NATIVE, packet } from './render/packets.ts';
import { type Bed, startBed } from './testbed.ts';
import { packetReader } from './wire.ts';

let bed: Bed;
const apply: Bed['apply'] = (routes) => bed.apply(routes);
const route: Bed['route'] = (name, source) => bed.route(name, source);
const ask: Bed['ask'] = (sql, asked) => bed.ask(sql, asked);

beforeAll(async () => {
  bed = await startBed();
});
afterAll(() => bed?.close());

const closes = (socket: Socket | TLSSocket): Promise<Buffer> =>
  new Promise((resolve) => {
    const all: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => all.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(all)));
  });

describe('an attacker before the login', () => {
  beforeAll(async () => void must(await apply([route('one')])));

  it('who says nothing or single bytes is put out, and others come in meanwhile', async () => {
    const silent = connectTcp(bed.port, '127.0.0.1');
    const half = connectTcp(bed.port, '127.0.0.1', () => half.write(Buffer.from([32, 0, 0])));
    const gone = [closes(silent), closes(half)];
    expect(await ask('select 1')).toBe('1');
    await Promise.all(gone);
    const slow = () => bed.relay.log.filter((line) => line.includes('too slow')).length;
    expect(await until(() => slow() === 2)).toBe(true);
  });

  it('who sends nonsense, a packet that is too long, or a login without TLS is put out', async () => {
    for (const bytes of [
      Buffer.from([0xff, 0xff, 0xff, 1, ...Buffer.alloc(40)]),
      Buffer.from([1, 0, 1, 1]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(300_000, 0x41),
      packet(1, Buffer.alloc(0)),
      packet(1, Buffer.alloc(32)),
    ]) {
      const socket = connectTcp(bed.port, '127.0.0.1', () => socket.write(bytes));
      await closes(socket);
    }
    expect(await ask('select 1')).toBe('1');
  });

  it('who puts commands behind his wish for TLS has them read as TLS and nothing else', async () => {
    const head = Buffer.alloc(32);
    head.writeUInt32LE(OFFERED, 0);
    const login = packet(2, head, Buffer.from('g_one\0'), Buffer.from([0]), Buffer.from(`${NATIVE}\0`));
    const socket = connectTcp(bed.port, '127.0.0.1', () =>
      socket.write(Buffer.concat([packet(1, head), login])),
    );
    const said = await closes(socket);
    // The greeting, and an alert of TLS at most: no packet of the protocol answers.
    const rest = said.subarray(4 + said.readUIntLE(0, 3));
    expect(rest.length === 0 || rest[0] === 0x15).toBe(true);
  });

  it('whose packets come in single bytes is served as anybody', async () => {
    const tcp = connectTcp(bed.port, '127.0.0.1');
    const plain = packetReader(tcp, 100_000);
    await plain.next();
    plain.release();
    const head = Buffer.alloc(32);
    head.writeUInt32LE(OFFERED & ~CAN.connectWithDb, 0);
    for (const byte of packet(1, head)) {
      tcp.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const tls = connectTls({ socket: tcp, ca: bed.certificates.ca, servername: 'localhost' });
    await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
    const reader = packetReader(tls, 100_000);
    for (const byte of packet(2, head, Buffer.from('g_one\0\0'), Buffer.from(`${NATIVE}\0`)))
      tls.write(Buffer.from([byte]));
    expect((await reader.next())?.body[0]).toBe(0xfe);
    tls.destroy();
    expect(await until(() => bed.relay.log.at(-1)!.includes('no proof'))).toBe(true);
  });
});
