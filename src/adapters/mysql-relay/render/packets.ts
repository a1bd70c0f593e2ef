import { CAN, OFFERED } from '../capabilities.ts';
import type { Response } from '../parse/handshake.ts';

/** The one way of proving a password that lets a relay pass the proof on without learning the password. */
export const NATIVE = 'mysql_native_password';
const UTF8MB4 = 45;
const AUTOCOMMIT = 2;
/** As MariaDB says it, so that clients know what they speak to. */
const VERSION = '5.5.5-10.11.0-MariaDB';

const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

export function packet(seq: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = seq & 0xff;
  return Buffer.concat([head, body]);
}

/** The relay's greeting. Its nonce is for show: the one that counts is the database's. */
export const greeting = (nonce: Buffer, connection: number): Buffer =>
  packet(
    0,
    Buffer.from([10]),
    text(VERSION),
    u32(connection),
    nonce.subarray(0, 8),
    Buffer.from([0]),
    u16(OFFERED & 0xffff),
    Buffer.from([UTF8MB4]),
    u16(AUTOCOMMIT),
    u16(OFFERED >>> 16),
    Buffer.from([21]),
    Buffer.alloc(10),
    nonce.subarray(8, 20),
    Buffer.from([0]),
    text(NATIVE),
  );

/** Asks a client to prove its password against this nonce. */
export const authSwitch = (seq: number, nonce: Buffer): Buffer =>
  packet(seq, Buffer.from([0xfe]), text(NATIVE), nonce, Buffer.from([0]));

/** An error as clients print it: code, SQLSTATE, words. */
export const error = (seq: number, code: number, state: string, message: string): Buffer =>
  packet(seq, Buffer.from([0xff]), u16(code), Buffer.from(`#${state}${message}`));

/** What the relay tells the database of the client: what both can, and none of MariaDB's own extensions. */
export function headFor({ head, capabilities }: Response, database: number): Buffer {
  const asked = capabilities & OFFERED & database & ~CAN.lenencAuth;
  const always = CAN.mysql | CAN.protocol41 | CAN.ssl | CAN.secureConnection | CAN.pluginAuth;
  const out = Buffer.alloc(32);
  out.writeUInt32LE((asked | always) >>> 0, 0);
  // Largest packet and character set are the client's; the rest stays empty.
  head.copy(out, 4, 4, 9);
  return out;
}

/** A client may say that it has attributes and then have none. */
const orNone = (attributes: Buffer): Buffer => (attributes.length > 0 ? attributes : Buffer.from([0]));

/** The client's answer to the database, with the proof that the client gave for the database's nonce. */
export function responseFor(response: Response, head: Buffer, proof: Buffer): Buffer {
  const capabilities = head.readUInt32LE(0);
  return packet(
    2,
    head,
    text(response.user),
    Buffer.from([proof.length]),
    proof,
    ...(capabilities & CAN.connectWithDb ? [text(response.database)] : []),
    text(NATIVE),
    ...(capabilities & CAN.connectAttributes ? [orNone(response.attributes)] : []),
  );
}
