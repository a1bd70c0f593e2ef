import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import * as errors from './errors.ts';
import type { Finding, Repository, Restic, Saved, Snapshot } from './port.ts';

export interface MemoryRepository {
  readonly key: string;
  readonly snapshots: Map<string, Snapshot & { files: Map<string, Uint8Array> }>;
}

export interface MemoryRestic extends Restic {
  /** By url; tests take things away and break them. */
  readonly repositories: Map<string, MemoryRepository>;
  /** What every call answers with while it is set: a vault that is dead, full, slow. */
  trouble: Refusal | undefined;
  /** What the next check finds. */
  findings: Finding[];
}

/** A fake: repositories in memory, files of directories read for real. */
export function memoryRestic(now: () => number = Date.now): MemoryRestic {
  const repositories = new Map<string, MemoryRepository>();

  const opened = (repo: Repository): Outcome<MemoryRepository> => {
    if (fake.trouble) return fake.trouble;
    const found = repositories.get(repo.url);
    if (!found) return errors.repositoryMissing(repo.url);
    return found.key === repo.key.reveal() ? found : errors.keyWrong(repo.url);
  };
  const save = (
    of: MemoryRepository,
    files: Map<string, Uint8Array>,
    paths: readonly string[],
    tags: readonly string[],
    parent?: string,
  ): Saved => {
    const id = createHash('sha256').update(randomUUID()).digest('hex');
    const takenAt = new Date(now());
    of.snapshots.set(id, { id, takenAt, host: 'bastide', paths, tags, files, ...(parent && { parent }) });
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    return { snapshot: id, bytes, added: bytes, files: files.size, seconds: 0 };
  };
  const within = (repo: Repository, id: string) => {
    const of = opened(repo);
    return isRefusal(of) ? of : (of.snapshots.get(id) ?? errors.snapshotMissing(id));
  };

  const fake: MemoryRestic = {
    repositories,
    trouble: undefined,
    findings: [],
    async init(repo) {
      if (fake.trouble) return fake.trouble;
      if (repositories.has(repo.url)) return errors.repositoryExists(repo.url);
      repositories.set(repo.url, { key: repo.key.reveal(), snapshots: new Map() });
    },
    async backupStream(repo, { name, tags, write, signal }) {
      const of = opened(repo);
      if (isRefusal(of)) return of;
      const stdin = new PassThrough();
      const parts: Buffer[] = [];
      stdin.on('data', (part: Buffer) => parts.push(part));
      const written = await write(stdin, signal ?? new AbortController().signal).catch((error: Error) =>
        errors.interrupted(error.message),
      );
      if (isRefusal(written)) return written;
      if (signal?.aborted) return errors.interrupted('it was called off');
      await new Promise((resolve) => stdin.end(resolve));
      return save(of, new Map([[`/${name}`, Buffer.concat(parts)]]), [`/${name}`], tags);
    },
    async backupPaths(repo, { paths, seeing, tags, parent }) {
      const of = opened(repo);
      if (isRefusal(of)) return of;
      if (parent !== undefined && !of.snapshots.has(parent)) return errors.snapshotMissing(parent);
      const files = new Map<string, Uint8Array>();
      for (const path of paths) {
        const seen = seeing.some((one) => below(path, one));
        const found = seen ? await filesOf(path) : undefined;
        if (!found) return errors.sourceUnreadable(path, undefined);
        for (const file of found) files.set(file, await readFile(file));
      }
      return save(of, files, paths, tags, parent);
    },
    async snapshots(repo) {
      const of = opened(repo);
      if (isRefusal(of)) return of;
      return [...of.snapshots.values()].map(({ files: _, ...snapshot }) => snapshot);
    },
    async check(repo, { read } = {}) {
      const of = opened(repo);
      if (isRefusal(of)) return of;
      return {
        findings: fake.findings,
        read: read ? (read.of === 1 ? 'all' : 'part') : 'structure',
        seconds: 0,
      };
    },
    async dump(repo, snapshot, path, out) {
      const found = within(repo, snapshot);
      if (isRefusal(found)) return found;
      const file = found.files.get(path.startsWith('/') ? path : `/${path}`);
      if (file) return void (await new Promise((resolve) => out.write(file, resolve)));
      const inside = [...found.files].filter(([name]) => below(name, path));
      if (inside.length === 0) return errors.pathMissing(path);
      const tar = pack();
      for (const [name, bytes] of inside) tar.entry({ name: name.slice(1) }, Buffer.from(bytes));
      tar.finalize();
      await pipeline(tar, out, { end: false });
    },
    async restore(repo, snapshot, { include = [], target }) {
      const found = within(repo, snapshot);
      if (isRefusal(found)) return found;
      for (const path of include)
        if (![...found.files.keys()].some((file) => below(file, path))) return errors.pathMissing(path);
      for (const [file, bytes] of found.files) {
        if (include.length > 0 && !include.some((path) => below(file, path))) continue;
        await mkdir(dirname(join(target, file)), { recursive: true });
        await writeFile(join(target, file), bytes);
      }
    },
    async stats(repo) {
      const of = opened(repo);
      if (isRefusal(of)) return of;
      const all = [...of.snapshots.values()].flatMap(({ files }) => [...files.values()]);
      return { bytes: all.reduce((sum, { length }) => sum + length, 0), snapshots: of.snapshots.size };
    },
    async unlock(repo) {
      const of = opened(repo);
      return isRefusal(of) ? of : undefined;
    },
    async keys(repo) {
      const of = opened(repo);
      return isRefusal(of) ? of : ['0'.repeat(8)];
    },
  };
  return fake;
}

const below = (file: string, path: string): boolean => file === path || file.startsWith(`${path}/`);

async function filesOf(path: string): Promise<string[] | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  if (found.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}
