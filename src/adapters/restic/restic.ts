import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Flow, Piper, Ran } from '../exec/port.ts';
import * as commands from './commands.ts';
import * as errors from './errors.ts';
import * as parse from './parse.ts';
import type { Checked, Repository, Restic, Running, Saved, Snapshot } from './port.ts';
import { isLocked, reach } from './reach.ts';
import { watchSource, watchVault } from './watch.ts';

export interface ResticDeps {
  readonly exec: Piper;
  /** In memory, root's alone: what is secret is in files below it while restic runs. */
  readonly runDirectory: string;
  /** A directory below the project's encrypted storage for a repository's cache; without it none is kept. */
  readonly cache?: (repo: Repository) => string;
  /** Seconds without an answer of the vault until a running restic is ended; 120 unless told. */
  readonly patienceSeconds?: number;
  /** Seconds in which nothing of a tree could be read until a backup of it is ended; half an hour unless told. */
  readonly stallSeconds?: number;
}

/** As long as a very slow vault may take for the packs that are under way. */
const STALL_SECONDS = 1800;

/** Restic, told where its secrets are and watched while it runs. */
export function makeRestic(deps: ResticDeps): Restic {
  const session = <T>(repo: Repository, use: (run: Use) => Promise<Outcome<T>>) =>
    withAccess(deps, repo, use);
  const reading = <T>(repo: Repository, use: (run: Use) => Promise<Outcome<T>>) =>
    session(repo, async (run) => (await present(repo)) ?? use(run));

  /** Backups of ours under way, by repository. */
  const under = new Map<string, number>();
  const count = (url: string, by: number) => under.set(url, (under.get(url) ?? 0) + by);
  /**
   * A lock protects nothing where nobody removes, but one that was left keeps every backup out for half an hour: it is
   * taken away unless it is our own.
   */
  const adding = <T>(repo: Repository, use: (run: Use) => Promise<Outcome<T>>) =>
    reading(repo, async (run) => {
      if ((under.get(repo.url) ?? 0) === 0 && (await isLocked(repo))) await run(commands.unlockAll);
      count(repo.url, 1);
      try {
        return await use(run);
      } finally {
        count(repo.url, -1);
      }
    });

  return {
    init: (repo) =>
      session(repo, async (run) => {
        const there = await reach(repo);
        if (isRefusal(there)) return there;
        if (there === 'there') return errors.repositoryExists(repo.url);
        const made = await run(commands.init);
        return isRefusal(made) ? made : undefined;
      }),
    backupStream: (repo, of) =>
      adding(repo, async (run) => {
        const tag = `run:${randomUUID()}`;
        const saved = await run(
          (access) => commands.backupStream(access, of.name, [...of.tags, tag], of.limitSeconds),
          { ...of, write: of.write },
        );
        if (!isRefusal(saved)) return summed(run, saved);
        const made = await taggedWith(run, tag);
        return made ? errors.partialSnapshot(made.id, saved.message) : saved;
      }),
    backupPaths: (repo, of) =>
      adding(repo, async (run) => {
        const ran = await run(
          (access) => commands.backupPaths(access, of, of.limitSeconds),
          { ...of, stallSeconds: deps.stallSeconds ?? STALL_SECONDS },
          [3],
        );
        if (isRefusal(ran)) return ran;
        const saved = await summed(run, ran);
        if (isRefusal(saved) || (ran.code === 0 && !/does not exist, skipping/.test(ran.stderr)))
          return saved;
        return errors.sourceUnreadable(ran.stderr.trim().slice(-300), saved.snapshot);
      }),
    snapshots: (repo) => reading(repo, listed),
    check: (repo, of = {}) => reading(repo, (run) => checked(run, repo, of)),
    dump: (repo, snapshot, path, out, of) =>
      reading(repo, async (run) => {
        const ran = await run((access) => commands.dump(access, snapshot, path, of?.limitSeconds), {
          ...of,
          stdout: out,
        });
        return isRefusal(ran) ? ran : undefined;
      }),
    restore: (repo, snapshot, of) =>
      reading(repo, async (run) => {
        const { target, include = [] } = of;
        const writes = target === '/' ? include : [target];
        for (const path of writes) await mkdir(path, { recursive: true, mode: 0o700 });
        const ran = await run(
          (access) => commands.restore(access, snapshot, { target, writes, include }, of.limitSeconds),
          of,
        );
        if (isRefusal(ran)) return ran;
        for (const path of include)
          if (!(await lstat(join(of.target, path)).catch(() => undefined))) return errors.pathMissing(path);
        return undefined;
      }),
    stats: (repo) =>
      reading(repo, async (run) => {
        const ran = await run(commands.stats);
        if (isRefusal(ran)) return ran;
        const said = parse.parseStats(ran.stdout);
        return said ? { bytes: said.total_size, snapshots: said.snapshots_count } : unclear(ran);
      }),
    unlock: (repo) =>
      reading(repo, async (run) => {
        const ran = await run(commands.unlock);
        return isRefusal(ran) ? ran : undefined;
      }),
    keys: (repo) =>
      reading(repo, async (run) => {
        const ran = await run(commands.keys);
        return isRefusal(ran) ? ran : (parse.parseKeys(ran.stdout) ?? unclear(ran));
      }),
  };
}

type Around = Running & Pick<Flow, 'write' | 'stdout'> & { readonly stallSeconds?: number };

type Use = (
  command: (access: commands.Access) => Command,
  running?: Around,
  /** Exit codes that are answers too, besides 0. */
  answers?: readonly number[],
) => Promise<Outcome<Ran>>;

const unclear = (ran: Ran) =>
  errors.resticFailed(`its answer is not understood: ${ran.stdout.slice(0, 100)}`);

const present = async (repo: Repository): Promise<Refusal | undefined> => {
  const there = await reach(repo);
  if (isRefusal(there)) return there;
  return there === 'missing' ? errors.repositoryMissing(repo.url) : undefined;
};

/** Takes away what killed processes left. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = Number(/^r-(\d+)-/.exec(name)?.[1]);
    const alive = pid === process.pid || existsSync(`/proc/${pid}`);
    if (!alive) await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** Files for one use, gone afterwards however it ends. */
async function withAccess<T>(
  deps: ResticDeps,
  repo: Repository,
  use: (run: Use) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  await mkdir(deps.runDirectory, { recursive: true, mode: 0o700 });
  await sweep(deps.runDirectory);
  const directory = await mkdtemp(join(deps.runDirectory, `r-${process.pid}-`));
  try {
    const url = new URL(repo.url);
    url.username = repo.user;
    url.password = repo.password.reveal();
    const repository = `rest:${url.href}`;
    const files = {
      [commands.FILES.repository]: repository,
      [commands.FILES.key]: repo.key.reveal(),
      [commands.FILES.ca]: repo.ca,
    };
    for (const [name, text] of Object.entries(files))
      await writeFile(join(directory, name), text, { mode: 0o600, flag: 'wx' });
    const access = {
      directory,
      cache: deps.cache?.(repo),
      repository: new Secret(repository),
      key: repo.key,
    };
    return await use((command, running, answers) => run(deps, repo, command(access), running, answers));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs it and keeps asking the vault meanwhile, because restic itself waits for a quarter of an hour. */
async function run(
  deps: ResticDeps,
  repo: Repository,
  command: Command,
  running: Around = {},
  answers: readonly number[] = [],
): Promise<Outcome<Ran>> {
  const call = new AbortController();
  let ended: Refusal | undefined;
  const end = (why: Refusal) => {
    ended ??= why;
    call.abort();
  };
  const off = () => end(errors.interrupted('it was called off'));
  running.signal?.addEventListener('abort', off);
  if (running.signal?.aborted) off();
  const watch = watchVault(repo, deps.patienceSeconds ?? 120, end);
  const stall = watchSource(running.stallSeconds, end);
  const clean = (text: string) => text.replaceAll(repo.password.reveal(), '[secret]');
  try {
    const ran = await deps.exec.pipe(command, {
      ...(running.write && { write: running.write }),
      ...(running.stdout && { stdout: running.stdout }),
      signal: call.signal,
      onLine: (line, source) => {
        const why = source === 'stderr' ? parse.lasting(line, repo.url) : undefined;
        if (why) end(why);
        const progress = source === 'stdout' ? parse.parseProgress(line) : undefined;
        if (progress) stall.at(progress.bytes);
        if (progress) running.onProgress?.(progress);
      },
    });
    if (ended) return ended;
    if (isRefusal(ran)) {
      if (ran.code !== 'exec_timeout') return ran;
      return errors.vaultSlow(repo.url, Math.round((command.timeoutMs ?? 0) / 1000));
    }
    const said = { ...ran, stdout: clean(ran.stdout), stderr: clean(ran.stderr) };
    if (ran.code === 130) return errors.interrupted('somebody else ended it');
    if (ran.code === 137) return errors.interrupted('it was killed');
    return ran.code === 0 || answers.includes(ran.code) ? said : parse.explain(said.stderr, repo.url);
  } finally {
    clearInterval(watch);
    stall.stop();
    running.signal?.removeEventListener('abort', off);
  }
}

const listed = async (run: Use): Promise<Outcome<readonly Snapshot[]>> => {
  const ran = await run((access) => commands.snapshots(access));
  if (isRefusal(ran)) return ran;
  return parse.parseSnapshots(ran.stdout) ?? unclear(ran);
};

async function taggedWith(run: Use, tag: string): Promise<Snapshot | undefined> {
  const ran = await run((access) => commands.withTag(access, tag));
  return isRefusal(ran) ? undefined : parse.parseSnapshots(ran.stdout)?.[0];
}

/** The summary has a short id: the whole one is asked for. */
async function summed(run: Use, ran: Ran): Promise<Outcome<Saved>> {
  const said = parse.parseSummary(ran.stdout);
  if (!said) return errors.resticFailed(ran.stderr.trim().slice(-300));
  const named = await run((access) => commands.snapshots(access, [said.snapshot_id]));
  if (isRefusal(named)) return named;
  const snapshot = parse.parseSnapshots(named.stdout)?.[0];
  if (!snapshot) return errors.snapshotMissing(said.snapshot_id);
  return {
    snapshot: snapshot.id,
    bytes: said.total_bytes_processed,
    added: said.data_added,
    files: said.total_files_processed,
    seconds: said.total_duration,
  };
}

async function checked(
  run: Use,
  repo: Repository,
  of: Parameters<Restic['check']>[1] & object,
): Promise<Outcome<Checked>> {
  const ran = await run((access) => commands.check(access, of.read, of.limitSeconds), of, [1]);
  if (isRefusal(ran)) return ran;
  const read = of.read ? (of.read.of === 1 ? 'all' : 'part') : 'structure';
  const seconds = ran.ms / 1000;
  if (ran.code === 0) return { findings: [], read, seconds };
  const found = parse.parseFindings(ran.stderr);
  // It could not even begin: that is a refusal with a code of its own, not something found.
  if (found.every(({ kind }) => kind === 'other')) return parse.explain(ran.stderr, repo.url);
  const findings = await Promise.all(
    found.map(async (one) => ({ ...one, snapshots: await affected(run, one.kind, one.id) })),
  );
  return { findings, read, seconds };
}

async function affected(run: Use, kind: string, id: string | undefined): Promise<string[]> {
  if (!kind.startsWith('pack_') || id === undefined) return [];
  const found = await run((access) => commands.findPacks(access, [id]));
  return isRefusal(found) ? [] : parse.parseFound(found.stdout);
}
