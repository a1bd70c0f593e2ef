import type { Outcome } from '../../kernel/refusal.ts';

/** A log's newest checkpoint, and how to show that it goes on from an older one. */
export interface Published {
  readonly origin: string;
  readonly size: number;
  readonly note: string;
  /** The consistency proof from a tree of `older` entries; empty from nothing and from the same size. */
  proof(older: number): Promise<readonly Buffer[]>;
}

/**
 * Somebody else's memory of our log. Promises: what it took it keeps; it takes nothing that is not a continuation of
 * what it has, as far as it can tell; the same checkpoint twice is a success.
 */
export interface Witness {
  readonly name: string;
  /** Answers the signature lines that it adds; empty where it signs nothing. Refusals: `witness_unreachable`, `witness_conflict`, `witness_refused`. */
  publish(checkpoint: Published): Promise<Outcome<readonly string[]>>;
  /** The notes that it holds, oldest first; undefined where it gives nothing back. Refusals: `witness_unreachable`. */
  held(): Promise<Outcome<readonly string[] | undefined>>;
}
