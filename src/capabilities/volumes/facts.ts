/** What is true about one volume. */
export interface VolumeFacts {
  readonly storageReady: boolean;
  readonly volume: { readonly ready: boolean } | undefined;
  readonly directoryReady: boolean;
}

/** How far a project's storage is on its way to another key. */
export interface RekeyFacts {
  readonly suspended: boolean | undefined;
  readonly stored: boolean;
  /** There is a next key. */
  readonly begun: boolean;
  /** Everything is in the new image. */
  readonly copied: boolean;
  /** The new image has taken the old one's place, and the next key is not yet the key. */
  readonly changed: boolean;
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
