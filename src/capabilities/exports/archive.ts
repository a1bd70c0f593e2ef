import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { ExportManifest } from './model.ts';

type File = ExportManifest['files'][number];

/** Passes everything on and hashes it. */
const through = (hash: Hash): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });

/** A tar archive that is written as it grows; it knows the hash of each of its files and of itself. */
export function openArchive(file: string) {
  const tar = pack();
  const whole = createHash('sha256');
  const files: File[] = [];
  const written = pipeline(tar, through(whole), createWriteStream(file, { flags: 'w', mode: 0o600 }));
  // Whoever waits for it hears of it; until then it is no unhandled one.
  written.catch(() => undefined);

  const addStream = async (path: string, size: number, from: Readable, format: string): Promise<void> => {
    const hash = createHash('sha256');
    await pipeline(from, through(hash), tar.entry({ name: path, size, mode: 0o644 }));
    files.push({ path, bytes: size, sha256: hash.digest('hex'), format });
  };
  const addBytes = (path: string, bytes: Buffer, format: string): Promise<void> =>
    addStream(path, bytes.length, Readable.from(bytes.length === 0 ? [] : [bytes]), format);
  const addText = (path: string, text: string, format: string): Promise<void> =>
    addBytes(path, Buffer.from(text), format);
  return {
    addText,
    addBytes,
    addLink: (path: string, linkname: string): void =>
      void tar.entry({ name: path, type: 'symlink', linkname }),
    async addFile(path: string, source: string, format: string): Promise<void> {
      const { size } = await stat(source);
      await addStream(path, size, createReadStream(source), format);
    },
    /** As many bytes as the file has now: one that grows meanwhile is cut there. */
    async addHandle(path: string, handle: FileHandle, format: string): Promise<void> {
      const { size } = await handle.stat();
      if (size === 0) return addStream(path, 0, Readable.from([]), format);
      await addStream(path, size, handle.createReadStream({ end: size - 1, autoClose: false }), format);
    },
    /** The manifest last, then the end. */
    async finish(manifest: (files: readonly File[]) => ExportManifest) {
      const said = manifest(files);
      await addText('manifest.json', `${JSON.stringify(said, undefined, 2)}\n`, 'JSON');
      tar.finalize();
      await written;
      const { size } = await stat(file);
      const handle = await open(file);
      await handle.sync().finally(() => handle.close());
      return { manifest: said, bytes: size, sha256: whole.digest('hex') };
    },
    async abort(): Promise<void> {
      tar.destroy();
      await written.catch(() => undefined);
    },
  };
}
export type Archive = ReturnType<typeof openArchive>;
