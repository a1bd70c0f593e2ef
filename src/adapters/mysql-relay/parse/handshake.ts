import { CAN } from '../capabilities.ts';

/** The server's first packet, as far as a relay needs it. */
export interface Greeting {
  readonly capabilities: number;
  readonly nonce: Buffer;
}

/** The client's answer, as far as a relay needs it. */
export interface Response {
  readonly capabilities: number;
  /** Capabilities, largest packet, character set, filler: 32 bytes. */
  readonly head: Buffer;
  readonly user: string;
  readonly database: string;
  /** Connection attributes as they came, length in front; empty where there are none. */
  readonly attributes: Buffer;
}

export const HEAD = 32;
export const NONCE = 20;
const NAME_LIMIT = 128;

const ends = (body: Buffer, from: number): number | undefined => {
  const at = body.indexOf(0, from);
  return at < 0 ? undefined : at;
};

/** Whether this is a client's word that TLS comes next. */
export const isSslRequest = (body: Buffer): boolean =>
  body.length === HEAD &&
  (body.readUInt32LE(0) & CAN.ssl) !== 0 &&
  (body.readUInt32LE(0) & CAN.protocol41) !== 0;

/** HandshakeV10. Undefined where it is something else, or cut. */
export function parseGreeting(body: Buffer): Greeting | undefined {
  if (body[0] !== 10) return undefined;
  const version = ends(body, 1);
  if (version === undefined || body.length < version + 1 + 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10 + 12)
    return undefined;
  const first = version + 1 + 4;
  const low = body.readUInt16LE(first + 9);
  const high = body.readUInt16LE(first + 14);
  const second = first + 27;
  return {
    capabilities: ((high << 16) | low) >>> 0,
    nonce: Buffer.concat([body.subarray(first, first + 8), body.subarray(second, second + 12)]),
  };
}

interface Piece {
  readonly length: number;
  readonly at: number;
}

/** A length-encoded integer below 2^24; longer ones have no place before somebody is signed in. */
function lengthAt(body: Buffer, at: number): Piece | undefined {
  const first = body[at];
  if (first === undefined) return undefined;
  if (first < 0xfb) return { length: first, at: at + 1 };
  if (first === 0xfc && at + 3 <= body.length) return { length: body.readUInt16LE(at + 1), at: at + 3 };
  if (first === 0xfd && at + 4 <= body.length) return { length: body.readUIntLE(at + 1, 3), at: at + 4 };
  return undefined;
}

/** HandshakeResponse41. Undefined where it is something else, cut, or carries a name that nobody has. */
export function parseResponse(body: Buffer): Response | undefined {
  if (body.length < HEAD + 2) return undefined;
  const capabilities = body.readUInt32LE(0);
  const needed = CAN.protocol41 | CAN.pluginAuth | CAN.secureConnection;
  if ((capabilities & needed) !== needed) return undefined;
  const userEnd = ends(body, HEAD);
  if (userEnd === undefined || userEnd - HEAD > NAME_LIMIT) return undefined;
  const user = body.toString('utf8', HEAD, userEnd);
  const proof =
    (capabilities & CAN.lenencAuth) !== 0
      ? lengthAt(body, userEnd + 1)
      : userEnd + 1 < body.length
        ? { length: body[userEnd + 1]!, at: userEnd + 2 }
        : undefined;
  if (!proof || proof.at + proof.length > body.length) return undefined;
  let at = proof.at + proof.length;
  let database = '';
  if ((capabilities & CAN.connectWithDb) !== 0) {
    const end = ends(body, at);
    if (end === undefined || end - at > NAME_LIMIT) return undefined;
    database = body.toString('utf8', at, end);
    at = end + 1;
  }
  // The name of the plugin: some clients leave its end away where nothing follows.
  at = (ends(body, at) ?? body.length - 1) + 1;
  const attributes = attributesAt(body, at, capabilities);
  if (!attributes) return undefined;
  return { capabilities, head: body.subarray(0, HEAD), user, database, attributes };
}

function attributesAt(body: Buffer, at: number, capabilities: number): Buffer | undefined {
  if ((capabilities & CAN.connectAttributes) === 0 || at >= body.length) return Buffer.alloc(0);
  const all = lengthAt(body, at);
  return all && all.at + all.length <= body.length ? body.subarray(at, all.at + all.length) : undefined;
}

/** What a database asks for while somebody signs in: another proof, by a named method. */
export function parseSwitch(body: Buffer): { readonly plugin: string } | undefined {
  if (body[0] !== 0xfe) return undefined;
  const end = ends(body, 1);
  return end === undefined ? undefined : { plugin: body.toString('latin1', 1, end) };
}

/** The error that a database answers with. */
export function parseError(body: Buffer): { readonly code: number; readonly message: string } | undefined {
  if (body[0] !== 0xff || body.length < 3) return undefined;
  const text = body.toString('utf8', 3);
  return { code: body.readUInt16LE(1), message: text.startsWith('#') ? text.slice(6) : text };
}
