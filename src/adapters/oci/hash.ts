import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

export const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The hexadecimal part of `sha256:…`, which is a blob's file name. */
export const hex = (digest: string): string => digest.slice('sha256:'.length);

/** Passes bytes on while it counts and hashes them; ask after the end. */
export class Meter extends Transform {
  readonly #hash = createHash('sha256');
  size = 0;
  #digest: string | undefined;

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (e: null, chunk: Buffer) => void,
  ): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }

  get digest(): string {
    this.#digest ??= `sha256:${this.#hash.digest('hex')}`;
    return this.#digest;
  }
}
