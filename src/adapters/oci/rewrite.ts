import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, type Pack, pack } from 'tar-stream';
import { type TarEntry, withParents } from './entries.ts';
import { writeEntry } from './tar-write.ts';

export interface RewriteRules {
  /** False: the entry is left out. Paths come without a leading `./` and without a trailing slash. */
  readonly keep: (path: string, header: Header) => boolean;
  /** Text files that are changed (or just read) on the way. */
  readonly edit: ReadonlyMap<string, (text: string) => string>;
  /** What to add. Replaces what is there under the same path. */
  readonly add: readonly TarEntry[];
  /** No file is newer than this. */
  readonly epoch: Date;
}

const clean = (name: string): string => name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');

/**
 * Copies a tar while pruning it: everything belongs to root, no set-uid or set-gid bit, no device, no extended
 * attribute, no user names, times cut at `epoch`; then the added entries. Streaming: memory stays flat.
 */
export function rewriteTar(source: string, rules: RewriteRules): Pack {
  const out = pack();
  copy(source, out, rules).catch((error: unknown) =>
    out.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return out;
}

async function copy(source: string, out: Pack, rules: RewriteRules): Promise<void> {
  const from = extract();
  const reading = pipeline(createReadStream(source, { highWaterMark: 1 << 20 }), from);
  // Awaited below; until then a broken source must not count as an unhandled rejection.
  reading.catch(() => {});
  const directories = new Set<string>();
  const kept = new Set<string>();
  const replaced = new Set(rules.add.map(({ path }) => path));
  for await (const entry of from) {
    const body = entry as unknown as Readable;
    const path = clean(entry.header.name);
    if (path === '' || replaced.has(path) || !isOrdinary(entry.header) || !rules.keep(path, entry.header)) {
      body.resume();
      continue;
    }
    const head = cleanHeader(entry.header, path, rules.epoch);
    if (head.type === 'link' && !kept.has(head.linkname ?? '')) {
      throw new Error(`${path} is a hard link to ${head.linkname}, which is left out`);
    }
    kept.add(path);
    if (head.type === 'directory') directories.add(path);
    const edit = rules.edit.get(path);
    if (edit) await put(out, head, edit(await text(body)));
    else await copyEntry(body, out, head);
  }
  await reading;
  for (const entry of withParents(rules.add, directories)) await writeEntry(out, entry, rules.epoch);
  out.finalize();
}

const isOrdinary = ({ type }: Header): boolean =>
  type === 'file' || type === 'directory' || type === 'symlink' || type === 'link';

function cleanHeader(header: Header, name: string, epoch: Date): Header {
  const allowed = header.type === 'directory' ? 0o1777 : 0o777;
  const { linkname } = header;
  return {
    name,
    type: header.type,
    mode: header.mode & allowed,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: header.size,
    mtime: header.mtime < epoch ? header.mtime : epoch,
    ...(linkname ? { linkname: header.type === 'link' ? clean(linkname) : linkname } : {}),
  } as Header;
}

const put = (out: Pack, header: Header, content: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const bytes = Buffer.from(content);
    out.entry({ ...header, size: bytes.length }, bytes, (error) => (error ? reject(error) : resolve()));
  });

function copyEntry(entry: Readable, out: Pack, header: Header): Promise<void> {
  return new Promise((resolve, reject) => {
    const sink = out.entry(header, (error) => (error ? reject(error) : resolve()));
    if (header.type === 'file') entry.pipe(sink);
    else entry.resume();
  });
}

async function text(entry: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
