import type { Outcome } from '../../kernel/refusal.ts';

export interface BuildLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  readonly diskBytes: number;
  readonly seconds: number;
}

export interface BuildJob {
  readonly id: string;
  /** Layers are cached per project and shared with nobody. */
  readonly projectId: string;
  /** Whose builds share places: nobody's take all of them. None: shares with nobody. */
  readonly owner?: string;
  /** A directory that source intake has checked: no links out, no devices. Read-only for the build. */
  readonly sourceDir: string;
  /** The Dockerfile's text: the app's own, or the one generated for its stack. */
  readonly dockerfile: string;
  /** Stacks that `FROM bastide/<name>` may name, as OCI layouts on this node. */
  readonly stacks: readonly StackLayout[];
  readonly limits: BuildLimits;
}

export interface StackLayout {
  readonly name: string;
  readonly version: string;
  /** OCI image layout directory. */
  readonly layout: string;
  readonly manifestDigest: string;
  readonly diffIds: readonly string[];
}

export interface BuiltImage {
  /** OCI image layout directory; base blobs may be missing, they come from the stack. Delete it after the push. */
  readonly layout: string;
  readonly stack: StackLayout;
  readonly seconds: number;
  readonly memoryPeakBytes: number;
}

/**
 * Builds an image in the jail. Promises: hostile Dockerfiles reach no host file, no engine, no private address and
 * no other build; the limits hold; nothing is left running or mounted, also after a crash (the next start sweeps).
 * Refusals: `build_failed` (with the last lines), `build_timeout`, `build_memory`, `build_processes`, `build_disk`,
 * `build_base_refused`, `build_cancelled`, `build_unavailable`, `jail_unavailable`.
 */
export interface Builder {
  build(job: BuildJob, onLine: (line: string) => void, signal?: AbortSignal): Promise<Outcome<BuiltImage>>;
  /** Removes what a killed agent left: cgroups, namespaces, mounts, job directories. */
  sweep(): Promise<Outcome<{ readonly removed: number }>>;
}
