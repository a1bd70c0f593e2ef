/** A MySQL packet: three bytes of length, one of sequence, then the body. */
export interface Packet {
  readonly seq: number;
  readonly body: Buffer;
}

export type Taken =
  | { readonly packet: Packet; readonly rest: Buffer }
  /** Not all of it is there yet. */
  | 'more'
  /** It says that it is longer than what is allowed here. */
  | 'too long';

const HEAD = 4;

/** The first packet of what has come so far. Decides on the length as soon as it is known. */
export function takePacket(bytes: Buffer, limit: number): Taken {
  if (bytes.length < HEAD) return 'more';
  const length = bytes.readUIntLE(0, 3);
  if (length > limit) return 'too long';
  const end = HEAD + length;
  if (bytes.length < end) return 'more';
  return { packet: { seq: bytes[3]!, body: bytes.subarray(HEAD, end) }, rest: bytes.subarray(end) };
}
