export type SlowKind = 'silentTcp' | 'silentTls' | 'slowHeaders' | 'slowBody' | 'slowReader';

export interface SlowPlan {
  readonly host: string;
  readonly address: string;
  /** File with the authority, as the client's host sees it. */
  readonly ca: string;
  /** Connections of each kind. */
  readonly each: number;
  /** Path of something large enough to be read slowly. */
  readonly large: string;
}

export interface SlowCount {
  /** Connections that were let in. */
  opened: number;
  /** Ended at once: over the limit of one client. */
  refused: number;
  /** Ended by the edge later. */
  cut: number;
  /** Still open at the end. */
  open: number;
  /** How long each of the cut ones lived. */
  readonly seconds: number[];
  readonly statuses: Record<string, number>;
}

export interface SlowResult {
  readonly kinds: Partial<Record<SlowKind, SlowCount>>;
}
