export interface VisitorPlan {
  readonly host: string;
  /** File with the authority, as the client's host sees it. */
  readonly ca: string;
  readonly perSecond: number;
}

export interface VisitorPhase {
  /** Milliseconds from when each request was due to its end. */
  readonly ms: number[];
  readonly failures: string[];
}

/** By the name of what happened meanwhile. */
export type VisitorResult = Record<string, VisitorPhase>;
