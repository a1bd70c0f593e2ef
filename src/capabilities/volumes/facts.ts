/** What is true about one volume. */
export interface VolumeFacts {
  readonly storageReady: boolean;
  readonly volume: { readonly ready: boolean } | undefined;
  readonly directoryReady: boolean;
}

export interface ProjectService {
  readonly name: string;
  readonly replicas: number;
  /** Replicas while the project is not suspended. */
  readonly wanted: number;
}

/** What is true about a project that is suspended, comes back or gets more room. */
export interface StorageFacts {
  /** As it is wanted; undefined where the project is gone. */
  readonly suspended: boolean | undefined;
  /** There is something stored at all. */
  readonly stored: boolean;
  readonly mounted: boolean;
  readonly unlocked: boolean;
  readonly services: readonly ProjectService[];
  readonly running: readonly string[];
}
