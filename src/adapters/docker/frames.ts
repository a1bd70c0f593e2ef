/** One piece of a container's output as the engine multiplexes it: 1 byte stream, 3 zero, 4 length, payload. */
export interface Frame {
  readonly source: 'stdout' | 'stderr';
  readonly data: Buffer;
}

const HEADER = 8;

/** Splits chunks that arrive in any size into whole frames. */
export function makeFrameSplitter(): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    const frames: Frame[] = [];
    while (rest.length >= HEADER) {
      const end = HEADER + rest.readUInt32BE(4);
      if (rest.length < end) break;
      frames.push({ source: rest[0] === 2 ? 'stderr' : 'stdout', data: rest.subarray(HEADER, end) });
      rest = rest.subarray(end);
    }
    return frames;
  };
}
