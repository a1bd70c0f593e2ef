import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { MAX_SLOTS } from '../jail/layout.ts';
import type { Jail, Jails } from '../jail/port.ts';
import * as commands from './commands.ts';
import { unreachable } from './errors.ts';
import { explain, parseCommit } from './parse.ts';
import type { Git, GitFetched } from './port.ts';
import { parseGitUrl, parseRef } from './url.ts';

export interface GitDeps {
  readonly jails: Jails;
  /** The builder stack's unpacked root file system; it has git. */
  readonly rootfs: () => Promise<Outcome<string>>;
  /** State directory, root only. */
  readonly dir: string;
}

const LIMITS = { memoryBytes: 1024 ** 3, cpus: 1, pids: 64, diskBytes: 3 * 1024 ** 3, seconds: 300 };
/** The last slot is git's alone, so that a fetch never waits for a build. */
const SLOT = MAX_SLOTS - 1;

export function makeGit(deps: GitDeps): Git {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    fetch(url, ref, take, signal) {
      const mine = turn.then(() => fetchOne(deps, url, ref, take, signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

async function fetchOne<T>(
  deps: GitDeps,
  text: string,
  wanted: string | undefined,
  take: (tar: Readable) => Promise<Outcome<T>>,
  signal?: AbortSignal,
): Promise<Outcome<GitFetched<T>>> {
  const url = parseGitUrl(text);
  if (isRefusal(url)) return url;
  const ref = parseRef(wanted);
  if (isRefusal(ref)) return ref;
  const rootfs = await deps.rootfs();
  if (isRefusal(rootfs)) return rootfs;
  const volume = join(deps.dir, 'fetch.img');
  await rm(volume, { force: true });
  const spec = { slot: SLOT, rootfs, volume, limits: LIMITS, files: {}, readOnly: {}, readOnlyVolumes: {} };
  const jail = await deps.jails.open(spec);
  if (isRefusal(jail)) return jail;
  try {
    const commit = await fetchInside(jail, url.href, ref, signal);
    if (isRefusal(commit)) return commit;
    const tar = await openArchive(jail.volumeDir);
    try {
      const taken = await take(tar.createReadStream({ autoClose: false }));
      return isRefusal(taken) ? taken : { commit, taken };
    } finally {
      await tar.close();
    }
  } finally {
    await jail.close();
    await rm(volume, { force: true });
  }
}

async function fetchInside(
  jail: Jail,
  href: string,
  ref: string,
  signal?: AbortSignal,
): Promise<Outcome<string>> {
  let commit: string | undefined;
  const steps = [
    commands.init,
    () => commands.fetch(href, ref),
    commands.resolve,
    () => commands.archive(commit ?? ''),
  ];
  for (const step of steps) {
    const run = await jail.run(step(), undefined, signal);
    if (isRefusal(run)) return run;
    if (run.code !== 0) return explain(run, await jail.use(), href, ref, LIMITS.seconds);
    commit = parseCommit(run.tail) ?? commit;
  }
  return commit ?? unreachable(href, 'it named no commit');
}

/** The archive in the jail's volume, opened part by part without following a link. */
async function openArchive(volume: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;
  const out = await open(join(volume, 'out'), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const file = await open(
      `/proc/self/fd/${out.fd}/${commands.ARCHIVE}`,
      O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
    );
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new Error('the archive is not a plain file');
  } finally {
    await out.close();
  }
}
