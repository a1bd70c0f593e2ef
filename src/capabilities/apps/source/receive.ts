import { constants } from 'node:fs';
import { chmod, mkdir, open, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { isRefusal, type Outcome, Refusal } from '../../../kernel/refusal.ts';
import { judgeEntry, nothingSeen } from './entries.ts';
import { archiveBomb, archiveCorrupt, archiveEmpty, archiveTooBig } from './errors.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './model.ts';

const RATIO_FREE = 16 * 1024 ** 2;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Carries a refusal out through the streams. */
class Stop extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/** Counts what passes and ends the pipeline with the refusal that `judge` gives. */
const meter = (judge: (bytes: number) => Refusal | undefined) => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const refusal = judge(bytes);
      done(refusal ? new Stop(refusal) : null, chunk);
    },
  });
};

/**
 * Takes a hostile tar archive, plain or gzip, into `dir`, an empty directory that nobody else can write to.
 * Promises: nothing is made outside `dir`; every file is made new (`O_EXCL`, `O_NOFOLLOW`), directories and links
 * are our own; modes are 0644 or 0755, owners and times are not taken over.
 * Refusals: `source_archive_*`. What was extracted before a refusal stays; the caller removes `dir`.
 */
export async function receiveArchive(
  stream: Readable,
  dir: string,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<Outcome<{ readonly files: number; readonly bytes: number }>> {
  if ((await readdir(dir)).length > 0) throw new Error(`${dir} is not empty`);
  const seen = nothingSeen();
  const total = { files: 0, bytes: 0, read: 0 };
  const onRaw = meter((bytes) => {
    total.read = bytes;
    return undefined;
  });
  // Headers and padding count too, so that an archive of nothing but headers is bounded as well.
  const onPlain = meter((bytes) => {
    if (bytes > RATIO_FREE && bytes > total.read * limits.ratio) return archiveBomb(limits.ratio);
    if (bytes > limits.bytes * 1.1 + limits.entries * 2048) return archiveTooBig(limits.bytes);
    return undefined;
  });
  const sink = extract();
  const take = async (
    entry: AsyncIterable<unknown> & { resume(): unknown },
    header: Header,
  ): Promise<void> => {
    const action = judgeEntry(seen, header, limits.entries);
    if (isRefusal(action)) throw new Stop(action);
    if (action.do === 'skip') {
      entry.resume();
      return;
    }
    for (const parent of action.parents) await mkdir(join(dir, parent), { mode: 0o755 });
    const path = join(dir, action.path);
    if (action.do === 'directory') await mkdir(path, { mode: 0o755 });
    if (action.do === 'link') await symlink(action.target, path);
    if (action.do !== 'file') {
      entry.resume();
      return;
    }
    if ((header.size ?? 0) + total.bytes > limits.bytes) throw new Stop(archiveTooBig(limits.bytes));
    const file = await open(path, NEW_FILE, 0o600);
    try {
      for await (const chunk of entry) {
        if (!(chunk instanceof Uint8Array)) throw new Error('tar-stream gave no bytes');
        total.bytes += chunk.length;
        await file.writeFile(chunk);
      }
      await file.chmod(action.mode);
    } finally {
      await file.close();
    }
    total.files += 1;
  };
  const taking = (async () => {
    for await (const entry of sink) await take(entry, entry.header);
  })();
  try {
    const source = await sniff(stream);
    await Promise.all([
      source.gzip
        ? pipeline(source.stream, onRaw, createGunzip(), onPlain, sink)
        : pipeline(source.stream, onRaw, onPlain, sink),
      taking.catch((error: unknown) => {
        sink.destroy(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }),
    ]);
  } catch (error) {
    const { refusal } = error as Partial<Stop>;
    if (refusal instanceof Refusal) return refusal;
    if (isOurFault(error)) throw error;
    return archiveCorrupt(error instanceof Error ? error.message : String(error));
  }
  if (total.files === 0) return archiveEmpty();
  await chmod(dir, 0o755);
  return { files: total.files, bytes: total.bytes };
}

/** A failure of our own disk is not the archive's. */
const isOurFault = (error: unknown): boolean =>
  error instanceof Error &&
  'syscall' in error &&
  ['ENOSPC', 'EACCES', 'EROFS', 'EIO'].includes(String(Reflect.get(error, 'code')));

/** Looks at the first two bytes: gzip begins with 1f 8b (RFC 1952). */
async function sniff(stream: Readable): Promise<{ gzip: boolean; stream: Readable }> {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = new PassThrough();
  whole.write(head);
  const rest = async () => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      if (!whole.write(next.value))
        await new Promise((resolve) => whole.once('drain', resolve).once('close', resolve));
      if (whole.destroyed) break;
    }
    whole.end();
  };
  rest().catch((error: Error) => whole.destroy(error));
  return { gzip: head[0] === 0x1f && head[1] === 0x8b, stream: whole };
}
