import type { Readable } from 'node:stream';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import type { ArchiveLimits } from './model.ts';
import { receiveArchive } from './receive.ts';

/** What is needed of adapters/git. */
interface Fetches {
  fetch<T>(
    url: string,
    ref: string | undefined,
    take: (tar: Readable) => Promise<Outcome<T>>,
    signal?: AbortSignal,
  ): Promise<Outcome<{ readonly commit: string; readonly taken: T }>>;
}

/**
 * Fetches a commit into `dir`, an empty directory of ours. Its files go through the same door as an upload.
 * Refusals: `git_*`, `source_archive_*`.
 */
export async function fetchGit(
  git: Fetches,
  url: string,
  ref: string | undefined,
  dir: string,
  limits?: ArchiveLimits,
  signal?: AbortSignal,
): Promise<Outcome<{ readonly commit: string; readonly files: number; readonly bytes: number }>> {
  const got = await git.fetch(url, ref, (tar) => receiveArchive(tar, dir, limits), signal);
  return isRefusal(got) ? got : { commit: got.commit, ...got.taken };
}
