import { chmod, chown, mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import type { StepContext } from '../../../engine/capability.ts';
import { isRefusal, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { storagePath, volumeDirectory } from '../../volumes/model.ts';
import type { BackupsDeps } from '../deps.ts';
import {
  backupNotFound,
  downloadBroken,
  downloadGone,
  noRoomForDownload,
  notDownloadable,
  readBackBroken,
} from '../errors.ts';
import { DatabaseManifest, downloadFile, TreeManifest } from '../model.ts';
import { downloadReadme } from '../render.ts';
import * as store from '../store.ts';
import { dumpFile } from './dump.ts';
import { noting, opened } from './repositories.ts';
import { type SealedArchive, sealedArchive } from './sealed.ts';
import { patiently } from './take.ts';

/** Of the whole disk, so much stays free whatever is downloaded. */
const RESERVE = 0.1;

/** A path out of the snapshot, as a stream; `use` reads it to its end. One that ends early is a refusal. */
async function reading<T>(
  deps: BackupsDeps,
  backup: store.BackupRow,
  path: string,
  signal: AbortSignal,
  use: (from: Readable) => Promise<T>,
): Promise<Outcome<T>> {
  const row = await store.repository(deps.db, backup.repository_id);
  const repository = row ? await opened(deps, row) : backupNotFound(backup.id);
  if (isRefusal(repository)) return repository;
  const stop = new AbortController();
  const through = new PassThrough();
  let early: Refusal | undefined;
  const dumped = deps.restic
    .dump(repository, backup.snapshot_id, path, through as Writable, {
      signal: AbortSignal.any([signal, stop.signal]),
    })
    .then((read) => {
      // One that broke off must not look like a short one.
      if (isRefusal(read)) {
        early = read;
        through.destroy(new Error(read.message));
      } else through.end();
      return read;
    });
  let used: Outcome<T>;
  try {
    used = await use(through);
  } catch (error) {
    used = readBackBroken(backup.source_name, error instanceof Error ? error.message : String(error));
    if (!early) stop.abort();
    through.destroy();
  }
  const broken = early;
  const read = await dumped;
  // Called off by us because of the reader: that says nothing of the vault.
  if (isRefusal(read) && !broken) return used;
  const passed = await noting(deps, { id: row!.vault_id, name: row!.vault }, read);
  return isRefusal(passed) ? passed : used;
}

async function addDump(
  deps: BackupsDeps,
  backup: store.BackupRow,
  archive: SealedArchive,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const { engine } = DatabaseManifest.parse(backup.manifest);
  const name = dumpFile(engine);
  return reading(deps, backup, `/${name}`, signal, (from) =>
    // The tar refuses any other size than this one.
    pipeline(from, archive.tar.entry({ name, size: Number(backup.bytes), mode: 0o600 })),
  );
}

type Kept = Partial<Header> & Pick<Header, 'name' | 'size'>;

/** The same entry where a stranger looks for it: below `files/`, with nobody's ids. undefined: not for a stranger. */
function renamed(header: Header, prefix: string): Kept | undefined {
  const name = header.name.replace(/^\/+/, '');
  if (!name.startsWith(prefix) || name.split('/').includes('..')) return undefined;
  const { type, size, mode, mtime, linkname } = header;
  const kept = { name: `files/${name.slice(prefix.length)}`, type, mode: mode & 0o777, mtime };
  if (type === 'file') return { ...kept, size };
  if (type === 'symlink') return { ...kept, size: 0, linkname };
  return type === 'directory' ? { ...kept, size: 0 } : undefined;
}

async function addVolume(
  deps: BackupsDeps,
  backup: store.BackupRow,
  archive: SealedArchive,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const wanted = TreeManifest.parse(backup.manifest);
  const root = storagePath(backup.project_id!, volumeDirectory(backup.source_id!));
  const prefix = `${root.replace(/^\/+/, '')}/`;
  const found = { files: 0, bytes: 0 };
  const read = await reading(deps, backup, root, signal, async (from) => {
    const entries = extract();
    const passed = pipeline(from, entries);
    passed.catch(() => undefined);
    for await (const entry of entries) {
      const header = renamed(entry.header, prefix);
      if (header?.type === 'file') {
        await pipeline(entry, archive.tar.entry(header));
        found.files += 1;
        found.bytes += header.size;
      } else {
        entry.resume();
        if (header) archive.tar.entry(header);
      }
    }
    await passed;
  });
  if (isRefusal(read)) return read;
  return found.files === wanted.files && found.bytes === wanted.bytes
    ? undefined
    : readBackBroken(backup.source_name, `${found.files} files instead of ${wanted.files}`);
}

async function noRoom(dir: string, bytes: number): Promise<Refusal | undefined> {
  const { bavail, blocks, bsize } = await statfs(dir);
  return bavail * bsize - bytes < blocks * bsize * RESERVE ? noRoomForDownload(bytes) : undefined;
}

async function writeOnce(
  deps: BackupsDeps,
  row: store.DownloadRow,
  backup: store.BackupRow,
  part: string,
  signal: AbortSignal,
): Promise<Outcome<{ bytes: number; sha256: string }>> {
  const archive = await sealedArchive(part, row.recipient);
  try {
    archive.addText('README.md', downloadReadme(row.project, backup));
    archive.addText('manifest.json', `${JSON.stringify(backup.manifest, undefined, 2)}\n`);
    const add = backup.kind === 'volume' ? addVolume : addDump;
    const added = await add(deps, backup, archive, signal);
    if (!isRefusal(added)) return await archive.finish();
    await archive.abort();
    return added;
  } catch (error) {
    await archive.abort();
    throw error;
  }
}

/** One backup as one file that only its recipient opens; it is there under its name only when it is whole. */
export async function writeDownload(
  deps: BackupsDeps,
  downloadId: string,
  context: Pick<StepContext, 'log' | 'signal'>,
): Promise<Outcome<void>> {
  const row = await store.findDownload(deps.db, downloadId);
  const backup = row && (await store.backup(deps.db, row.backup_id));
  if (!row || !backup?.project_id || !backup.source_id) return downloadGone();
  if (backup.kind !== 'dump' && backup.kind !== 'volume') return notDownloadable(backup.kind);
  const { dir, reader } = deps.downloads;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const roomless = await noRoom(dir, Number(backup.bytes));
  if (roomless) return roomless;
  const file = downloadFile(dir, downloadId);
  const part = `${file}.part`;
  try {
    const made = await patiently(deps, context, () => writeOnce(deps, row, backup, part, context.signal));
    if (isRefusal(made)) return made;
    await chown(part, reader, reader);
    await chmod(part, 0o400);
    await rename(part, file);
    await store.downloadReady(deps.db, downloadId, made);
    context.log(`${backup.source_name}: ${made.bytes} bytes, encrypted`);
    return undefined;
  } catch (error) {
    return downloadBroken(error instanceof Error ? error.message : String(error));
  } finally {
    await rm(part, { force: true });
  }
}

/** Removes downloads that nobody came for in time, and what a killed agent left. Gives how many. */
export async function dropOldDownloads(deps: Pick<BackupsDeps, 'db' | 'downloads' | 'now'>): Promise<number> {
  const { dir } = deps.downloads;
  const names = await readdir(dir).catch(() => []);
  const kept = await store.keptDownloads(deps.db, deps.now());
  const old = names.filter((name) => {
    const id = /^([0-9a-f-]{36})\.tar\.gz\.age(\.part)?$/.exec(name)?.[1];
    return id !== undefined && !kept.has(id);
  });
  for (const name of old) await rm(join(dir, name), { force: true });
  return old.length;
}
