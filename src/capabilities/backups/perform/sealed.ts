import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Encrypter } from 'age-encryption';
import { type Pack, pack } from 'tar-stream';

/** A tar archive that only the recipient reads: compressed and encrypted as it grows, so that nothing of it lies in clear anywhere. */
export interface SealedArchive {
  readonly tar: Pack;
  addText(name: string, text: string): void;
  /** The end: what is on the disk now. */
  finish(): Promise<{ bytes: number; sha256: string }>;
  abort(): Promise<void>;
}

export async function sealedArchive(file: string, recipient: string): Promise<SealedArchive> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const tar = pack();
  const gzip = createGzip({ level: 1 });
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const packed = pipeline(tar, gzip);
  const encrypted = await encrypter.encrypt(Readable.toWeb(gzip) as ReadableStream<Uint8Array>);
  const written = pipeline(
    Readable.fromWeb(encrypted as Parameters<typeof Readable.fromWeb>[0]),
    hashing,
    createWriteStream(file, { flags: 'w', mode: 0o600 }),
  );
  const whole = Promise.all([packed, written]);
  // Whoever waits for it hears of it; until then it is no unhandled one.
  whole.catch(() => undefined);
  return {
    tar,
    addText: (name, text) => void tar.entry({ name, mode: 0o644 }, text),
    async finish() {
      tar.finalize();
      await whole;
      const handle = await open(file);
      await handle.sync().finally(() => handle.close());
      return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
    },
    async abort() {
      tar.destroy();
      await Promise.allSettled([packed, written]);
    },
  };
}
