import { z } from 'zod';
import { quantile } from './stats.ts';

/** What `queries.ts` is started with. */
export const QueriesSpec = z.strictObject({
  port: z.int(),
  /** The name in the server's certificate. */
  host: z.string(),
  /** PEM of the authority to trust. */
  ca: z.string(),
  /** Milliseconds between two queries of one worker. */
  pauseMs: z.number(),
});
export type QueriesSpec = z.infer<typeof QueriesSpec>;

/** A line that it is told: what happens from now on, or the credentials of from now on. */
export const Told = z.discriminatedUnion('say', [
  z.strictObject({ say: z.literal('phase'), name: z.string() }),
  z.strictObject({ say: z.literal('use'), user: z.string(), password: z.string(), database: z.string() }),
]);
export type Told = z.infer<typeof Told>;

/** What became of the queries that were sent in one phase. */
export interface QueryTally {
  sent: number;
  connects: number;
  /** Reason to how often. */
  readonly failed: Record<string, number>;
  /** Milliseconds of the short queries that were answered. */
  readonly latencies: number[];
}

export const emptyQueryTally = (): QueryTally => ({ sent: 0, connects: 0, failed: {}, latencies: [] });

const Milliseconds = z.number().nullable();
export const QuerySummary = z.strictObject({
  sent: z.int(),
  connects: z.int(),
  failed: z.int(),
  why: z.string(),
  p50: Milliseconds,
  p99: Milliseconds,
  max: Milliseconds,
});
export type QuerySummary = z.infer<typeof QuerySummary>;

/** A line that it says. */
export const Said = z.discriminatedUnion('say', [
  /** New queries go with the credentials that were given last; with the others nobody is under way any more. */
  z.strictObject({ say: z.literal('using') }),
  z.strictObject({
    say: z.literal('end'),
    /** One a phase; a line holds no more than that. */
    phases: z.record(z.string(), QuerySummary),
    /** Rows whose insert was confirmed. */
    confirmed: z.int(),
  }),
]);
export type Said = z.infer<typeof Said>;

/** In a line: how many were sent and failed, why, and how long the short ones took; null where none was answered. */
export function querySummary(tally: QueryTally): QuerySummary {
  const reasons = Object.entries(tally.failed);
  const at = (share: number) => (tally.latencies.length > 0 ? quantile(tally.latencies, share) : null);
  return {
    sent: tally.sent,
    connects: tally.connects,
    failed: reasons.reduce((sum, [, n]) => sum + n, 0),
    why: reasons.map(([why, n]) => `${n} × ${why}`).join('; ') || '–',
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  };
}
