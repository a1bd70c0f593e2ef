import type { Readable } from 'node:stream';
import type { Outcome } from '../../kernel/refusal.ts';

export interface GitFetched<T> {
  /** The commit that the ref named, in full. */
  readonly commit: string;
  readonly taken: T;
}

/**
 * Fetches one commit of a stranger's repository over HTTPS, in a jail, and hands its files on as a tar stream, which
 * is as hostile as any upload. Promises: no other protocol, no submodules, no hooks, no credentials, no file of the
 * host; the jail's egress filter holds for redirects too. Refusals: `git_url_refused`, `git_ref_refused`,
 * `git_not_found`, `git_unreachable`, `git_too_big`, `git_timeout`, and those of `take`.
 */
export interface Git {
  fetch<T>(
    url: string,
    ref: string | undefined,
    take: (tar: Readable) => Promise<Outcome<T>>,
    signal?: AbortSignal,
  ): Promise<Outcome<GitFetched<T>>>;
}
