import type { Outcome } from '../../kernel/refusal.ts';

export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity, as a lockfile spells it: `sha512-…`. */
  readonly integrity: string;
}

/**
 * Published npm packages. Promises: what is returned is the pinned bytes, checked each time; no script of a package
 * runs; the registry is the one that this machine is set up for.
 */
export interface NpmPackages {
  /** The package as its .tgz. Refusals: `npm_package_altered`, `exec_failed`, `exec_not_found`, `exec_timeout`. */
  fetch(pinned: PinnedPackage): Promise<Outcome<Uint8Array>>;
}
